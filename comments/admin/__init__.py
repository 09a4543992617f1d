from comments.admin import comment, followed_article  # noqa: F401 - register
