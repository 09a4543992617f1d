from comments.admin import (  # noqa: F401 - register
    comment,
    figure_report,
    followed_article,
    queue,
    revision,
    rule,
    takedown,
)
