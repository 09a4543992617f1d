"""A copied text becomes Markdown; a copied ranking is offered as one."""

import base64
from pathlib import Path

import pytest
from django.test import Client

from articles.admin.from_file_forms import one_manuscript
from articles.manuscripts import clipboard
from articles.models import AuditEvent
from tests.articles.manuscripts import PIXEL
from tests.factories import make_staff

PASTE = "/manage/markdownx/paste/"
TABLE = (
    "<table><tr><td rowspan=2><p>순위</p></td><td colspan=2>2025년 12월</td></tr>"
    "<tr><td>기업</td><td>모델</td></tr><tr><td>1위</td><td>알파</td><td>A-3</td></tr></table>"
)
WORD_MARK = (
    "<![if !supportLists]><span style='font-family:Wingdings;mso-list:Ignore'>l<span>&nbsp;"
    "</span></span><![endif]>"
)
COPIED = {
    "Word": (
        "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'>"
        f"{WORD_MARK}<span>하나 <b>굵게</b></span></p><p class=MsoListParagraph style='mso-list:l0 "
        f"level2 lfo1'>{WORD_MARK}둘 <a href='https://a.kr/'>고리</a></p><p style='mso-list:l1 "
        "level3 lfo2'><span style='mso-list:Ignore'>3.</span>셋</p><del>지운 말</del>",
        "- 하나 **굵게**\n    - 둘 [고리](https://a.kr/)\n        3. 셋",
    ),
    "한글": (
        "<P CLASS=HStyle0><SPAN STYLE='font-weight:\"bold\"'>□ 하나</SPAN></P>"
        "<P CLASS=HStyle0> ○ 둘 <SPAN STYLE='font-weight:bold'>굵게</SPAN></P>"
        "<P>   - 셋</P><P>     ※ 넷</P>",
        "- **하나**\n    - 둘 **굵게**\n        - 셋\n            - 넷",
    ),
    "Google": (
        '<b style="font-weight:normal" id="docs-internal-guid-1"><h2><span style="font-weight:400">'
        '머리</span></h2><p><span style="font-weight:700">굵게</span> 보통</p><ul><li><p>하나</p>'
        "</li><ul><li><p>둘</p></li><ul><li><p>셋</p></li></ul></ul></ul></b>",
        "## 머리\n\n**굵게** 보통\n\n- 하나\n    - 둘\n        - 셋",
    ),
    "page": (
        "<h3>머리</h3><blockquote>인용</blockquote><p>m<sup>2</sup></p><h4>작은 머리</h4><ol>"
        "<li>하나<ul><li>둘</ul><li>셋</ol><table><tr><th>가<th>나<tr><td>1<td>2|3</table>"
        "<p style='display:none'>숨은 말</p>",
        "## 머리\n\n> 인용\n\nm²\n\n### 작은 머리\n\n1. 하나\n    - 둘\n2. 셋\n\n| 가 | 나 |\n"
        "| --- | --- |\n| 1 | 2\\|3 |",
    ),
    "Excel": (
        TABLE,
        "| 순위 | 2025년 12월 기업 | 2025년 12월 모델 |\n| --- | --- | --- |\n| 1위 | 알파 | A-3 |",
    ),
}


@pytest.mark.parametrize("source", COPIED)
def test_copied_html_becomes_markdown(source):
    html, markdown = COPIED[source]

    pasted = clipboard.read(html)

    assert pasted.markdown == markdown
    said = " ".join(note for _line, note in pasted.notes)
    assert ("지운 말" in html) == ("지운 말" in said)
    assert ("숨은 말" in html) == ("숨은 말" in said)


def test_plain_text_becomes_lists_by_its_bullets_tabs_or_spaces():
    text = "□ 하나\n ○ 둘\n  - 셋\n   ․ 넷\n\n다섯\n\t여섯\n\t\t일곱\n\n여덟\n  아홉"

    markdown = clipboard.read("", text).markdown

    assert markdown == (
        "- 하나\n    - 둘\n        - 셋\n            - 넷\n- 다섯\n    - 여섯\n        - 일곱\n"
        "- 여덟\n    - 아홉"
    )


def test_copied_rankings_stand_as_tables_and_are_offered_with_their_cells():
    source = '<p>* 출처 : <a href="https://a.kr/">조사</a></p>'
    pasted = clipboard.read(f"<p>[도구 순위]</p>{TABLE}{source}{TABLE}")

    first, second = pasted.proposals
    assert (first.drawn.caption, first.drawn.source_note) == ("도구 순위", "출처 : 조사")
    assert (first.series.title, first.drawn.source_url) == ("도구 순위", "https://a.kr/")
    assert first.periods == ("2025년 12월",)
    assert first.cells.splitlines()[2] == "1위\t알파\tA-3"
    assert first.drawn.markdown.split("\n\n")[::2] == [
        "[도구 순위]",
        "출처 : [조사](https://a.kr/)",
    ]
    assert pasted.markdown == f"{first.drawn.markdown}\n\n{second.drawn.markdown}"
    assert second.series.title == "순위표"


@pytest.mark.parametrize(
    ("change", "is_offered"),
    [
        # What is not as it must be is mended in the grid.
        (("2025년 12월", "지난달"), True),
        (("A-3", ""), True),
        (("순위</p>", "순번</p>"), True),
        (("1위", "서울"), False),
        (("<td>모델", "<td>기업"), False),
        (("2025년 12월", "기업"), True),
        (("<td rowspan=2><p>순위</p></td>", "<td><p>순위</p></td>"), False),
    ],
)
def test_table_with_heads_over_columns_and_ranks_is_offered(change, is_offered):
    pasted = clipboard.read(TABLE.replace(*change))

    assert bool(pasted.proposals) == is_offered


def test_text_that_a_table_s_tabs_part_is_offered_as_ranking_too():
    text = "순위\t2025년 11월\t\t2025년 12월\t\n\t기업\t모델\t기업\t모델\n1위\t가\tA\t나\tB"

    (proposal,) = clipboard.read("", text).proposals

    assert proposal.periods == ("2025년 11월", "2025년 12월")
    assert [column.heading for column in proposal.series.columns] == ["기업", "모델"]


@pytest.mark.django_db
def test_pasting_is_for_writers_bounded_and_stores_pictures(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client = Client()
    client.force_login(make_staff("articles.change_article"))
    picture = base64.b64encode(PIXEL).decode()
    html = f'<p>글</p><img src="data:image/png;base64,{picture}"><img src="https://b.kr/x.png">'

    answer = client.post(PASTE, {"html": html + TABLE})

    said = answer.json()
    assert answer.status_code == 200
    assert "![ALT?](/media/articles/" in said["markdown"]
    assert "https://b.kr/x.png" in said["markdown"].partition("```unread")[2]
    assert len(list(Path(tmp_path).rglob("*.png"))) == 1
    assert said["tables"][0]["periods"] == ["2025년 12월"]
    assert said["notes"]
    assert AuditEvent.objects.get(act="form").detail["path"] == PASTE
    assert client.post(PASTE, {"html": "", "text": " "}).status_code == 400
    assert client.post(PASTE, {"text": "가" * 600_000}).status_code == 200
    assert client.post(PASTE, {"html": "<div>" * 4_000}).status_code == 400
    assert client.post(PASTE, "x", "text/plain", CONTENT_LENGTH="10000000").status_code == 413
    assert client.get(PASTE).status_code == 405
    assert Client().post(PASTE, {"html": html}).status_code == 403
    reader = Client()
    reader.force_login(make_staff("articles.view_article"))
    assert reader.post(PASTE, {"html": html}).status_code == 403
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(make_staff("articles.add_article"))
    assert checked.post(PASTE, {"html": html}).status_code == 403


@pytest.mark.django_db
def test_long_texts_are_read_one_at_a_time(monkeypatch):
    monkeypatch.setattr("openup.staff.editor.MAX_WAIT_SECONDS", 0)
    client = Client()
    client.force_login(make_staff("articles.change_article"))

    with one_manuscript:
        long = client.post(PASTE, {"html": "<p>글</p>" * 40_000})
        short = client.post(PASTE, {"html": "<p>글</p>"})

    assert (long.status_code, short.status_code) == (503, 200)
    assert long.json()["error"]
    assert client.post(PASTE, {"html": "<b>글</b>" * 40_000}).status_code == 200
