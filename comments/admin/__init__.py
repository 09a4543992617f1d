from comments.admin import comment, figure_report  # noqa: F401 - register
