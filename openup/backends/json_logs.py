"""Log records as JSON lines: control characters are escaped, request bodies never appear."""

import json
import logging
import re
from datetime import UTC, datetime

# The tokens of links that were mailed: whoever reads one in a log could act with it.
_TOKEN = re.compile(r"(/comments/(?:mine|notices)/)[A-Za-z0-9_-]{16,}")


class JsonFormatter(logging.Formatter):
    def format(self, record):
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_tokens(record.getMessage()),
        }
        if status := getattr(record, "status_code", None):
            line["status"] = status
        if record.exc_info:
            line["traceback"] = without_tokens(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def without_tokens(text):
    return _TOKEN.sub(r"\1…", text)
