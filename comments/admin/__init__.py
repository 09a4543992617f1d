from comments.admin import comment, queue, rule, takedown  # noqa: F401 - registers
