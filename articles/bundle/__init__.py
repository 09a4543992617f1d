"""Content as a folder of portable files, described in `docs/bundle-format.md`.

`data` holds what the files say, `read` and `write` turn text into it and back, `load` and `dump`
the database.
"""
