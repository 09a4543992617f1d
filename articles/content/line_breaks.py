"""Where a line of Korean text must not break, though the browser's `keep-all` would.

That rule keeps letters together. Between a letter and a middle dot, or a closing bracket or quote
and the particle after it, lines still break, and one begins with "·" or with a lone "의".
"""

import re

# What is no running text is passed by as a whole.
_PLACES = re.compile(
    r"<(?P<name>pre|code)\b.*?</(?P=name)>|<[^>]*>|(?P<together>[\w)\]]·|[)\]%」』》〉’”][가-힣])",
    re.S,
)


def kept_together(html: str) -> str:
    """Return sanitised `html` with such pairs in elements that do not break.

    A joining character would do the same, and go along into whatever a reader copies.
    """
    return _PLACES.sub(_wrapped, html)


def _wrapped(match: re.Match[str]) -> str:
    return f'<span class="nb">{match[0]}</span>' if match["together"] else match[0]
