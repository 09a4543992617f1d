from comments.admin import comment, figure_report, queue, rule, takedown  # noqa: F401 - registers
