"""Manuscripts, copied text and pages of the old site to the plain data of `articles.bundle`.

A reader for each kind of file cuts its source into blocks; `outline` and `body` make a draft of
them, and say in notes what a person must check.
"""
