"""A copy of the public site as files, for an archive: any web server can serve it."""
