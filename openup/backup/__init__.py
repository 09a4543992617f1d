"""A backup's folder: how it is written, checked and brought back; docs/decisions/restore.md."""
