"""Pages of the old site, and later documents, to the plain data of `articles.bundle`.

A reader (`text`, `html`) cuts its source into blocks; `outline` and `body` make a draft of them,
and say in notes what a person must check.
"""
