"""How the old site's pages say things: the Korean words and marks that tell a line's part."""

import re

MAX_PATTERN_LENGTH = 300

DATE_ALONE = re.compile(
    r"(?:(?:등록|작성|게시)일(?:자)? ?[:：]? ?)?(20[0-9]{2}) ?[.\-/년] ?([0-9]{1,2}) ?[.\-/월]"
    r" ?([0-9]{1,2}) ?[.일]?(?: ?\(?[월화수목금토일](?:요일)?\)?)?"
)
DATE = re.compile(DATE_ALONE.pattern + r"(?: ?[|·/]? ?조회수? ?[:：]? ?[0-9,]+)?")
KICKER = re.compile(r"(\[(?![0-9]+\])[^\[\]]{1,28}\]) ?(.+)")
BYLINE = re.compile(r"[-–—] ?(.{1,100}?) ?[-–—]")
BANNER = re.compile(
    r"이 누리집은 대한민국 공식 전자정부 누리집입니다\.?|본문 ?(?:내용 )?(?:으로 )?바로가기"
)
CHROME = re.compile(
    BANNER.pattern + r"|목록|목록으로|인쇄|프린트|공유|공유하기|스크랩|홈|Home|HOME"
)
COMMENTS = re.compile(r"댓글 ?(?:수 ?)?[:：(\[]? ?([0-9]{1,6})? ?[)\]]?개?|댓글 작성|댓글 쓰기")
COMMENT_FORM = re.compile(
    r"첫 ?(?:번째 )?댓글을 .{1,30}|댓글 ?(?:작성|쓰기|등록|달기|남기기|입력)(?:하기)?"
    r"|(?:이메일|이름|작성자|닉네임|비밀번호|내용)(?:[을를과와] .{1,40})?"
    r"|답글(?: ?(?:달기|쓰기))?|등록|로그인.{0,20}댓글.{0,20}"
)
REFERENCES = re.compile(
    r"(?:※ ?)?(?:참고 ?|참조 ?)?(?:References?|참고 ?자료|참고 ?문헌|참고)(?: ?[:：])?",
    re.IGNORECASE,
)
ISSUE = re.compile(r"(?:[□■※] ?)?(주목할 만한 월간 이슈 ?\( ?([0-9]{1,2})월 ?\))")
IMPLICATIONS = re.compile(r"(?:[□■◆] ?)?[\[<【]? ?(시사점) ?[\]>】]?")
CAPTION = re.compile(r"[\[<【〈《] ?([^\[\]]+?) ?[\]>】〉》]")
SOURCE_NOTE = re.compile(r"[*※] ?(.*(?:출처|자료) ?[:：].*)")
ITEM = re.compile(r"\( ?([^()]{1,30}?) ?\) ?(.+)")
URL = re.compile(r"https?://[^\s<>\"]{1,480}")
YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
TITLE_MARK = re.compile(r"[「『《〈“]")
SENTENCE = re.compile(r".*(?:[.!?]|다|함|임|음|됨|것)")
NUMBERED = re.compile(r"[0-9]{1,3} ?[.)] ")
LICENCE = re.compile(
    r"(?:본 |이 |해당 )?(?:공공)?(?:저작물은 )?[\"'“‘]?공공누리[\"'”’]?"
    r"[^0-9]{0,30}제? ?([0-4]) ?유형.{0,150}"
)
RANK_LINE = re.compile(r"[0-9]{1,3}위.*")


def matches(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Match the whole of `text`, unless it is too long to be anything but prose."""
    return pattern.fullmatch(text) if len(text) <= MAX_PATTERN_LENGTH else None
