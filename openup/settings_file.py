"""The settings file, read by `openup/settings.py` and `deploy/run.py` alike.

Standard library only, since it is read before anything is installed.
"""

import re

# Exactly NAME=value: what another form would lose in silence is refused.
LINE = re.compile(
    r"""([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"]*)"|'([^']*)'|((?!\s)(?:(?!\s#).)*(?<!\s)|))"""
)


class SettingsFileError(ValueError):
    """Why a settings file cannot be read: its path, the line, what to do; never its content."""


def parse_settings(text, path):
    """Return the variables of a settings file's text; raise SettingsFileError."""
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if not match or match.group(1) in values:
            # Never the line itself: it may hold a password.
            problem = "a name that stands twice" if match else "a malformed line"
            raise SettingsFileError(
                f"{path}, line {number}: {problem}; expected NAME=value, without spaces around = or"
                " a comment behind the value."
            )
        name, in_double, in_single, bare = match.groups()
        if in_double is not None:
            # As in a shell, a backslash there stands for the sign after it.
            values[name] = re.sub(r"\\(.)", r"\1", in_double)
        else:
            values[name] = bare if in_single is None else in_single
    return values


def read_settings_file(path):
    """Return the variables of the settings file at `path`; raise SettingsFileError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        # Not the decoder's error, which quotes the file.
        raise SettingsFileError(f"{path} is not a text file in UTF-8: save it as one.") from None
    except OSError as error:
        raise SettingsFileError(
            f"{path} cannot be read ({error.strerror}): give it to the user that runs the site."
        ) from error
    return parse_settings(text, path)
