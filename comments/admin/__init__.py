from comments.admin import comment, figure_report, queue, revision, rule, takedown  # noqa: F401 - registers
