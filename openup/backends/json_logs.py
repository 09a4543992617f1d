"""Log records as JSON lines: control characters are escaped, request bodies never appear."""

import json
import logging
from datetime import UTC, datetime

from openup.backends.redaction import format_error


class JsonFormatter(logging.Formatter):
    """Write lines of records that `RedactedRecords` has gone through."""

    def format(self, record):
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = format_error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)
