from comments.admin import comment, figure_report, followed_article  # noqa: F401 - register
