"""Whole threads as files: the format of docs/comments-format.md, written and read."""
