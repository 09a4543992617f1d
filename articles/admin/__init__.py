from articles.admin import article, audit, monthly_issue, picture, taxonomy  # noqa: F401 - registers
from articles.admin.rankings import correction, series, subject  # noqa: F401 - registers
