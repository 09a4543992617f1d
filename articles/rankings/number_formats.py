"""A spreadsheet's number as its number format shows it.

The rules are those of ECMA-376 part 1, 18.8.30 (numFmt, with the formats a number implies) and
18.8.31 (numFmts, the format codes), and where these leave it open what Excel does in Korean.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

MAX_CODE_LENGTH = 255
GENERAL = "General"

# 18.8.30: what is the same in every language, then the Korean table; 14 and 22, 5 to 8 and 41 to
# 44 follow the system's region, here South Korea.
_WON = '"₩"#,##0'
_ACCOUNT = '_-{0}* #,##0{1}_-;\\-{0}* #,##0{1}_-;_-{0}* "-"{2}_-;_-@_-'
BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: f"{_WON};\\-{_WON}",
    6: f"{_WON};\\-{_WON}",
    7: f"{_WON}.00;\\-{_WON}.00",
    8: f"{_WON}.00;\\-{_WON}.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy-mm-dd",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm",
    **dict.fromkeys((27, 36, 50, 57), 'yyyy"年" mm"月" dd"日"'),
    **dict.fromkeys((28, 29, 51, 54, 58), "mm-dd"),
    30: "mm-dd-yy",
    31: 'yyyy"년" mm"월" dd"일"',
    32: 'h"시" mm"분"',
    33: 'h"시" mm"분" ss"초"',
    **dict.fromkeys((34, 35, 52, 53, 55, 56), "yyyy-mm-dd"),
    37: "#,##0_);(#,##0)",
    38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)",
    41: _ACCOUNT.format("", "", ""),
    42: _ACCOUNT.format('"₩"', "", ""),
    43: _ACCOUNT.format("", ".00", "??"),
    44: _ACCOUNT.format('"₩"', ".00", "??"),
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}

# Excel counts days from here; its 29 February 1900 never was, and is number 60.
_FIRST_DAY = date(1899, 12, 30)
_DAYS_FROM_1900_TO_1904 = 1462
_LAST_SERIAL = 2_958_466
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KOREAN_DAYS = "월화수목금토일"

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?'
    r"|\\(?P<escaped>.)"
    r"|_(?P<padding>.)"
    r"|\*(?P<fill>.)"
    r"|\[(?P<bracket>[^\]]*)\]"
    r"|(?P<general>General|G/표준)"
    r"|(?P<meridiem>AM/PM|A/P|上午/下午|오전/오후)"
    r"|(?P<exponent>E[+-])(?=[0#?])"
    r"|(?P<date>y+|m+|d+|h+|s+|aaaa?|e+|g+|b+)"
    r"|(?P<fraction_of_second>\.0+(?![0#?]))"
    r"|(?P<digit>[0#?])"
    r"|(?P<sign>[.,%/@])"
    r"|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([-+]?\d*\.?\d+(?:E[-+]?\d+)?)", re.IGNORECASE)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)


class CannotShow(ValueError):
    """Excel shows `####` here: no such date, or no section for the number."""


@dataclass(frozen=True)
class Shown:
    """What a cell shows, and the whole number where its format rounds or hides it."""

    text: str
    full: str = ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


@dataclass(frozen=True)
class _Section:
    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None = None
    language: str = ""

    def has(self, *kinds: str) -> bool:
        return any(token.kind in kinds for token in self.tokens)

    @property
    def is_date(self) -> bool:
        return self.has("date", "elapsed", "meridiem")


def show_text(text: str, code: str) -> str:
    """Return a text cell as its format shows it: as it is, unless there is a section for text."""
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else sections[-1]
    if len(sections) < 4 and not (section.has("at")):
        return text
    return "".join(
        text if token.kind in {"at", "general"} else _as_literal(token) for token in section.tokens
    )


def show_number(number: float, code: str, *, is_1904: bool = False) -> Shown:
    """Return what a number shows in a format; raises CannotShow where Excel shows `####`."""
    # Excel holds fifteen digits, and files hold the seventeen that a double needs.
    value = Decimal(format(number, ".15g"))
    section, is_bare = _section_for(value, _sections(code))
    if section.is_date:
        serial = value + (_DAYS_FROM_1900_TO_1904 if is_1904 else 0)
        return Shown(_date_text(serial, section))
    with localcontext(prec=700):
        is_alone = ";" not in code
        return _number_text(abs(value) if is_bare else value, value, section, is_alone=is_alone)


# From a code to its sections


def _sections(code: str) -> list[_Section]:
    if len(code) > MAX_CODE_LENGTH or not code:
        code = GENERAL
    sections: list[list[_Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "literal"
        text = match[kind]
        if kind == "literal" and text == ";":
            sections.append([])
            continue
        sections[-1].append(_Token(kind, text))
    return [_section(tokens) for tokens in sections[:4]]


def _section(tokens: list[_Token]) -> _Section:
    result: list[_Token] = []
    condition, language = None, ""
    for token in tokens:
        text = token.text
        if token.kind != "bracket":
            result.append(_Token("at", text) if text == "@" and token.kind == "sign" else token)
        elif match := _CONDITION.fullmatch(text.strip()):
            condition = match[1], Decimal(match[2])
        elif text.startswith("$"):
            symbol, _dash, locale = text[1:].partition("-")
            language = locale.lower().partition(",")[0] or language
            result.append(_Token("quoted", symbol))
        elif _ELAPSED.fullmatch(text):
            result.append(_Token("elapsed", text.lower()))
        # What is left are colours, and numerals of other scripts, which stay digits.
    is_date = any(token.kind in {"date", "elapsed", "meridiem"} for token in result)
    return _Section(tuple(_settled(token, is_date) for token in result), condition, language)


def _settled(token: _Token, is_date: bool) -> _Token:
    """Return the token as it counts in a section of dates, or of numbers."""
    if token.kind == "fraction_of_second" and not is_date:
        return _Token("decimals", token.text)
    if token.kind in {"sign", "digit"} and is_date:
        return _Token("literal", token.text)
    if token.kind == "sign":
        kinds = {".": "point", ",": "comma", "%": "percent", "/": "slash"}
        return _Token(kinds[token.text], token.text)
    return token


def _holds(condition: tuple[str, Decimal], value: Decimal) -> bool:
    sign, limit = condition
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[sign]


def _section_for(value: Decimal, sections: list[_Section]) -> tuple[_Section, bool]:
    """Return the number's section, and whether the section itself says that it is negative."""
    numeric = sections[:3]
    if len(sections) > 1 and len(sections) < 4 and sections[-1].has("at"):
        # A last section with @ is the one for text.
        numeric = sections[:-1]
    first = numeric[0]
    second = numeric[1] if len(numeric) > 1 else None
    if not (first.condition or (second and second.condition)):
        if second is None or value > 0 or (value == 0 and len(numeric) < 3):
            return first, False
        return (second, True) if value < 0 else (numeric[2], False)
    if _holds(first.condition or (">", Decimal(0)), value):
        sign, limit = first.condition or (">", Decimal(0))
        return first, sign in {"<", "<="} and limit <= 0 and value < 0
    if second is None:
        # A single section with a condition, and the number does not meet it.
        raise CannotShow
    second_condition = second.condition
    if second_condition is None and len(numeric) > 2:
        second_condition = ("<", Decimal(0))
    if second_condition is None or _holds(second_condition, value):
        first_is_above = (first.condition or (">", Decimal(0))) in _POSITIVE
        sign, limit = second_condition or ("<", Decimal(0) if first_is_above else Decimal(1))
        return second, sign in {"<", "<="} and limit <= 0 and value < 0
    if len(numeric) < 3:
        raise CannotShow
    return numeric[2], False


_POSITIVE = {(">", Decimal(0)), (">=", Decimal(0))}


# Numbers


def _as_literal(token: _Token) -> str:
    if token.kind == "padding":
        # Space as wide as the character.
        return " "
    if token.kind == "fill":
        # Repeated up to the cell's width, which is not known here.
        return " " if token.text == " " else ""
    return token.text


def _number_text(value: Decimal, original: Decimal, section: _Section, *, is_alone: bool) -> Shown:
    tokens = section.tokens
    if not section.has("digit", "general", "at", "decimals"):
        text = "".join(map(_as_literal, tokens))
        # Nothing of the number is shown; where nothing at all is, it is hidden.
        sign = "-" if value < 0 and text.strip() and is_alone else ""
        return Shown(sign + text, _plain(original) if original else "")
    if section.has("general", "at"):
        shown = general(abs(value))
        text = "".join(
            shown if token.kind in {"general", "at"} else _as_literal(token) for token in tokens
        )
        is_whole = Decimal(shown) == abs(value)
    elif section.has("exponent"):
        text, is_whole = _scientific(abs(value), tokens)
    elif _is_fraction(tokens):
        text, is_whole = _fraction(abs(value), tokens)
    else:
        text, is_whole = _decimal(abs(value), tokens)
    text = f"-{text}" if value < 0 else text
    full = ""
    if not is_whole:
        percents = sum(token.kind == "percent" for token in tokens)
        full = _plain(original * 100**percents) + "%" * percents
    return Shown(text, full)


def general(value: Decimal) -> str:
    """Return a number in the format General: up to eleven digits, the decimal point included."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    if value == 0:
        return "0"
    exponent = value.adjusted()
    if -5 < exponent < 11:
        whole = max(1, exponent + 1)
        places = max(0, 10 - whole)
        rounded = _rounded(value, places)
        if rounded != 0 and rounded < 10**11 and (exponent >= -4 or rounded == value):
            text = _plain(rounded)
            return sign + text
    if exponent < 0 and len(_plain(value)) <= 11:
        return sign + _plain(value)
    mantissa = _rounded(value.scaleb(-exponent), 5)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{sign}{_plain(mantissa)}E{exponent:+03d}"


def _plain(value: Decimal) -> str:
    """Return a number in figures, without an exponent or zeros at its end."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _rounded(value: Decimal, places: int) -> Decimal:
    with localcontext(prec=700):
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _decimal(value: Decimal, tokens: tuple[_Token, ...]) -> tuple[str, bool]:
    """Return a number in digits; and whether that is all of it."""
    before, after = _at_point(tokens)
    percents = sum(token.kind == "percent" for token in tokens)
    thousands = _thousands(before) + _thousands(after)
    scaled = value * 100**percents / Decimal(1000) ** thousands
    places = sum(token.kind == "digit" for token in after)
    rounded = _rounded(scaled, places)
    figures = format(rounded, "f")
    whole, _point, decimals = figures.partition(".")
    digits = [n for n, token in enumerate(before) if token.kind == "digit"]
    is_grouped = any(
        token.kind == "comma" and digits and digits[0] < n < digits[-1]
        for n, token in enumerate(before)
    )
    text = _whole_part(whole.lstrip("0"), before, is_grouped=is_grouped)
    return text + _decimals(decimals, after), rounded == scaled


def _at_point(tokens: tuple[_Token, ...]) -> tuple[list[_Token], list[_Token]]:
    """Part tokens at the decimal point, which begins the second part where there is one."""
    spread: list[_Token] = []
    for token in tokens:
        if token.kind == "decimals":
            spread += [_Token("point", "."), *[_Token("digit", "0")] * (len(token.text) - 1)]
        else:
            spread.append(token)
    point = next((n for n, token in enumerate(spread) if token.kind == "point"), len(spread))
    return spread[:point], spread[point:]


def _thousands(before: list[_Token]) -> int:
    """Count the commas right after the last digit: each divides by a thousand."""
    last = max((n for n, token in enumerate(before) if token.kind == "digit"), default=len(before))
    count = 0
    for token in before[last + 1 :]:
        if token.kind != "comma":
            break
        count += 1
    return count


def _whole_part(whole: str, before: list[_Token], *, is_grouped: bool) -> str:
    """Set digits into their places from the right; those that are left over stand in the first."""
    pieces: list[str] = []
    places = sum(token.kind == "digit" for token in before)
    position = 0  # digits set so far
    rest = list(whole)
    for token in reversed(before):
        if token.kind == "comma":
            continue
        if token.kind != "digit":
            pieces.append(_as_literal(token))
            continue
        places -= 1
        while True:
            digit = rest.pop() if rest else {"0": "0", "?": " ", "#": ""}[token.text]
            if digit:
                if is_grouped and position and position % 3 == 0:
                    pieces.append("," if digit != " " else " ")
                pieces.append(digit)
                position += 1
            if places or not rest:
                break
    if rest:
        # No place for a digit: they stand right before the point.
        pieces.insert(0, "".join(rest))
    return "".join(reversed(pieces))


def _decimals(decimals: str, after: list[_Token]) -> str:
    pieces = []
    count = 0
    significant = len(decimals.rstrip("0"))
    for token in after:
        if token.kind == "comma":
            continue
        if token.kind != "digit":
            pieces.append(_as_literal(token))
            continue
        if count < significant or token.text == "0":
            pieces.append(decimals[count])
        elif token.text == "?":
            pieces.append(" ")
        count += 1
    return "".join(pieces)


def _scientific(value: Decimal, tokens: tuple[_Token, ...]) -> tuple[str, bool]:
    at = next(n for n, token in enumerate(tokens) if token.kind == "exponent")
    before, after = _at_point(tokens[:at])
    places = sum(token.kind == "digit" for token in after)
    # More than one place before the point makes the exponent a multiple of their number.
    step = max(1, sum(token.kind == "digit" for token in before))
    exponent = value.adjusted() // step * step if value else 0
    mantissa = _rounded(value.scaleb(-exponent), places)
    if mantissa >= 10**step:
        exponent += step
        mantissa = _rounded(value.scaleb(-exponent), places)
    whole, _point, decimals = format(mantissa, "f").partition(".")
    text = _whole_part(whole.lstrip("0"), before, is_grouped=False) + _decimals(decimals, after)
    sign = "-" if exponent < 0 else "+" if tokens[at].text.endswith("+") else ""
    power = _whole_part(str(abs(exponent)).lstrip("0"), list(tokens[at + 1 :]), is_grouped=False)
    return f"{text}E{sign}{power}", mantissa.scaleb(exponent) == value


def _is_fraction(tokens: tuple[_Token, ...]) -> bool:
    kinds = [token.kind for token in tokens]
    return "slash" in kinds and "digit" in kinds[: kinds.index("slash")]


def _fraction(value: Decimal, tokens: tuple[_Token, ...]) -> tuple[str, bool]:
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    tokens = _without_spaces_at(tokens, at)
    at = next(n for n, token in enumerate(tokens) if token.kind == "slash")
    start = at
    while start and tokens[start - 1].kind == "digit":
        start -= 1
    end = at + 1
    while end < len(tokens) and (tokens[end].kind == "digit" or tokens[end].text.isdecimal()):
        end += 1
    written = "".join(token.text for token in tokens[at + 1 : end])
    before, after = list(tokens[:start]), tokens[end:]
    has_whole = any(token.kind == "digit" for token in before)
    # The double itself: Excel's 0.3, a little less than that, is 2/7, and its 1.3 is 1 1/3.
    exact = Fraction(float(value))
    whole, rest = (int(exact), exact - int(exact)) if has_whole else (0, exact)
    fixed = int(written) if written.isdecimal() and written.strip("0") else 0
    if fixed:
        top, bottom = int(rest * fixed + Fraction(1, 2)), fixed
    else:
        top, bottom = _near(rest, 10 ** min(max(1, len(written)), 7) - 1)
    shown = whole + Fraction(top, bottom)
    if has_whole and top == bottom:
        whole, top = whole + 1, 0
    is_whole_shown = has_whole and (whole or not top)
    text = _whole_part(str(whole) if is_whole_shown else "", before, is_grouped=False)
    if top or not has_whole:
        zeros = [
            sum(token.text == "0" for token in side) for side in (tokens[start:at], tokens[at:end])
        ]
        text += f"{str(top).zfill(zeros[0])}/{bottom if fixed else str(bottom).zfill(zeros[1])}"
    return text + "".join(map(_as_literal, after)), shown == Fraction(value)


def _without_spaces_at(tokens: tuple[_Token, ...], at: int) -> tuple[_Token, ...]:
    """Drop the spaces on both sides of a fraction's slash."""
    start, end = at, at + 1
    while start and tokens[start - 1].text == " ":
        start -= 1
    while end < len(tokens) and tokens[end].text == " ":
        end += 1
    return (*tokens[:start], tokens[at], *tokens[end:])


def _near(value: Fraction, limit: int) -> tuple[int, int]:
    """Return the last convergent of the continued fraction whose denominator is in the limit."""
    before, near = (0, 1), (1, 0)
    rest = value
    while True:
        whole = rest.numerator // rest.denominator
        following = whole * near[0] + before[0], whole * near[1] + before[1]
        if following[1] > limit:
            return near
        before, near = near, following
        if rest == whole:
            return near
        rest = 1 / (rest - whole)


# Dates and times


def _date_text(serial: Decimal, section: _Section) -> str:
    tokens = _with_minutes(section.tokens)
    places = max(
        (len(token.text) - 1 for token in tokens if token.kind == "fraction_of_second"), default=0
    )
    if serial < 0 or serial >= _LAST_SERIAL:
        raise CannotShow
    seconds = _rounded(serial * 86_400, min(places, 9))
    days, in_day = divmod(seconds, 86_400)
    year, month, day, weekday = _calendar(int(days))
    hour, minute, second = int(in_day // 3600), int(in_day // 60 % 60), in_day % 60
    is_half_day = any(token.kind == "meridiem" for token in tokens)
    is_korean = section.language.lstrip("0") in {"412", "ko", "ko-kr"}
    pieces = []
    for token in tokens:
        text = token.text.lower()
        if token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[text[0]]
            pieces.append(str(int(seconds // unit)).zfill(len(text)))
        elif token.kind == "meridiem":
            pieces.append(_meridiem(token.text, hour, is_korean=is_korean))
        elif token.kind == "fraction_of_second":
            decimals = format(second % 1, f".{places}f").partition(".")[2]
            pieces.append("." + decimals[: len(text) - 1])
        elif token.kind == "minute":
            pieces.append(str(minute).zfill(min(len(text), 2)))
        elif token.kind != "date":
            pieces.append(_as_literal(token))
        elif text[0] in "hs":
            count = int(second) if text[0] == "s" else hour
            if text[0] == "h" and is_half_day:
                count = hour % 12 or 12
            pieces.append(str(count).zfill(min(len(text), 2)))
        else:
            pieces.append(_day_part(text, (year, month, day, weekday), is_korean=is_korean))
    return "".join(pieces)


def _with_minutes(tokens: tuple[_Token, ...]) -> list[_Token]:
    """Tell minutes from months: they follow an hour, or precede a second."""
    result = list(tokens)
    units = [n for n, token in enumerate(tokens) if token.kind in {"date", "elapsed"}]
    for place, n in enumerate(units):
        if tokens[n].kind != "date" or tokens[n].text[0] not in "mM" or len(tokens[n].text) > 2:
            continue
        before = tokens[units[place - 1]].text[0].lower() if place else ""
        after = tokens[units[place + 1]].text[0].lower() if place + 1 < len(units) else ""
        if before == "h" or after == "s":
            result[n] = _Token("minute", tokens[n].text)
    return result


def _calendar(days: int) -> tuple[int, int, int, int]:
    """Return year, month, day and weekday, Monday 0, of Excel's day number."""
    # 1 January 1900 was Sunday to Excel, for it has a day too many until March.
    if days == 60:
        return 1900, 2, 29, 2
    if days == 0:
        return 1900, 1, 0, 5
    day = _FIRST_DAY + timedelta(days + (days < 60))
    return day.year, day.month, day.day, (days + 5) % 7


def _meridiem(code: str, hour: int, *, is_korean: bool) -> str:
    if is_korean or code == "오전/오후":
        return "오전" if hour < 12 else "오후"
    first, _slash, second = (code.upper() if len(code) > 3 else code).partition("/")
    return first if hour < 12 else second


def _day_part(code: str, day: tuple[int, int, int, int], *, is_korean: bool) -> str:
    year, month, number, weekday = day
    letter, length = code[0], len(code)
    if letter == "y":
        return f"{year % 100:02}" if length < 3 else f"{year:04}"
    if letter == "e":
        return str(year)
    if letter == "b":
        return f"{(year + 543) % 100:02}" if length < 3 else str(year + 543)
    if letter == "m":
        if length < 3:
            return str(month).zfill(length)
        name = _ENGLISH_MONTHS[month - 1]
        if is_korean:
            return f"{month}월"
        return {3: name[:3], 5: name[0]}.get(length, name)
    if letter == "d" and length < 3:
        return str(number).zfill(length)
    if letter == "a" or (letter == "d" and is_korean):
        return _KOREAN_DAYS[weekday] + ("요일" if length > 3 else "")
    if letter == "d":
        name = _ENGLISH_DAYS[weekday]
        return name[:3] if length == 3 else name
    return ""
