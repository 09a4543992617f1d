"""Comments of other systems to lines of docs/comments-format.md, without the database."""
