from articles.admin import (  # noqa: F401 - registers
    article,
    monthly_issue,
    ranking,
    ranking_correction,
    ranking_subject,
    taxonomy,
)
