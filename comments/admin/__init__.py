from comments.admin import comment  # noqa: F401 - registers
