<<<<<<< HEAD
from comments.admin import comment, queue, rule, takedown  # noqa: F401 - registers
=======
from comments.admin import comment, figure_report  # noqa: F401 - register
>>>>>>> main
