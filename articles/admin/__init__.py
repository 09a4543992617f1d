from articles.admin import article, monthly_issue, ranking, taxonomy  # noqa: F401 - registers
