"""A manuscript of 한글 or Word becomes a draft; what is no text is named in the report."""

import re
import time
import zipfile
from datetime import date
from html import escape
from io import BytesIO

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.bundle.data import BundleError
from articles.content.markdown import to_html
from articles.manuscripts.readers import read_content
from articles.models import Article, Category, RankingEntry
from tests.articles.manuscripts import (
    PIXEL,
    docx,
    hwp_paragraph,
    hwp_table,
    hwpx,
    package,
    paragraph,
    word_table,
)

HEAD = ["[11월] 문서의 제목", "2025. 11. 28.(금)", "- 열린 모임 -"]
BODY = """## 첫 단락

- **굵은** 첫째
    - 둘째 단계
        - 셋째 단계

[[ranking:도구-순위]]

![ALT?](picture:1)

## 시사점

- 끝맺음"""
RANKS = [("순위", "2025년 10월", "2025년 11월"), ("1위", "가나 (한국)", "A", "라마 (미국)", "B")]


def notes_of(page):
    return " / ".join(sentence for _line, sentence in page.notes)


def the_draft(page):
    article = page.article
    assert (article.kicker, article.title, article.byline) == (
        "[11월]",
        "문서의 제목",
        "열린 모임",
    )
    assert article.published_at.date() == date(2025, 11, 28)
    assert article.body == BODY
    assert article.tables[0].caption == "도구 순위"
    assert article.tables[0].source_note == "출처 : 우리 조사"
    assert [period.label for period in page.rankings[0].periods] == ["2025년 10월", "2025년 11월"]
    assert page.rankings[0].periods[1].entries[0].cells == {"column_2": "B"}
    assert page.issue.month == "2025-11"
    assert [(item.category, item.headline) for item in page.issue.items] == [("정책", "새 소식")]
    assert page.issue.items[0].body == "- 자세한 말"
    assert [(each.title, each.url) for each in article.references] == [("보고서", "https://b.kr/2")]
    assert list(page.pictures.values()) == [PIXEL]


def test_word_document_becomes_the_draft():
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:numFmt w:val="bullet"/><w:lvlText w:val="l"/>'
        f'<w:pPr><w:ind w:left="{800 + 400 * n}"/></w:pPr></w:lvl>'
        for n in range(3)
    )
    numbering = "".join(
        f'<w:abstractNum w:abstractNumId="{each}">{levels}</w:abstractNum>' for each in (1, 2)
    ) + "".join(
        f'<w:num w:numId="{each}"><w:abstractNumId w:val="{each}"/></w:num>' for each in (1, 2)
    )

    def item(text, level, num=1, more=""):
        list_ = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>'
        return paragraph(text, list_ + more)

    picture = (
        "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill>"
        '<a:blip r:embed="i"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )
    first = item("첫째", 0).replace(
        "<w:r><w:rPr></w:rPr>",
        '<w:r><w:rPr><w:b/></w:rPr><w:t>굵은</w:t></w:r><w:r><w:t xml:space="preserve"> </w:t>'
        "</w:r><w:r><w:rPr></w:rPr>",
    )
    rows = [
        ["순위", ("2025년 10월", 2), ("2025년 11월", 2)],
        [None, "기업(국가)", "모델", "기업(국가)", "모델"],
        RANKS[1],
    ]
    content = docx(
        "".join(paragraph(line) for line in HEAD)
        + paragraph("첫 단락", '<w:pStyle w:val="H"/>')
        + first
        + item("둘째 단계", 1)
        # Word draws a list of its own deeper by its indent alone.
        + item("셋째 단계", 0, num=2, more='<w:ind w:left="1600"/>')
        + "<w:p><w:del><w:r><w:delText>지운 말</w:delText></w:r></w:del></w:p>"
        + paragraph("숨은 말", run="<w:vanish/>")
        + paragraph("[도구 순위]")
        + word_table(rows)
        + paragraph("* 출처 : 우리 조사")
        + picture
        + paragraph("시사점")
        + item("끝맺음", 0)
        + paragraph("주목할 만한 월간 이슈(11월)")
        + item("(정책) 새 소식", 0)
        + item("자세한 말", 1)
        + paragraph("※ 참고 Reference")
        + item("보고서 https://b.kr/2", 0),
        numbering,
        header1=paragraph("머리말입니다"),
        comments=paragraph("메모입니다"),
    )

    page = read_content("원고.docx", content)

    the_draft(page)
    for words in ("지운 말", "숨은 말", "머리말입니다", "메모입니다"):
        assert f"“{words}”" in notes_of(page)
    assert page.places[5] == "굵은 첫째"


def test_document_of_hangul_becomes_the_draft():
    def heading(number, kind, list_id, level=0):
        return (
            f'<hh:paraPr id="{number}"><hh:heading type="{kind}" idRef="{list_id}" '
            f'level="{level}"/></hh:paraPr>'
        )

    head = (
        '<hh:charPr id="1"><hh:bold/></hh:charPr>'
        '<hh:bullet id="1" char="○"/><hh:bullet id="2" char="-"/><hh:bullet id="3" char="※"/>'
        + heading(0, "NONE", 0)
        + "".join(heading(n, "BULLET", n) for n in (1, 2, 3))
        + heading(4, "OUTLINE", 0)
    )
    bold = '<hp:t>굵은</hp:t></hp:run><hp:run charPrIDRef="0"><hp:t> 첫째</hp:t>'
    rows = [
        [("순위", 1, 2), ("2025년 10월", 2, 1), ("2025년 11월", 2, 1)],
        ["기업(국가)", "모델", "기업(국가)", "모델"],
        RANKS[1],
    ]
    no_text = (
        "<hp:ctrl><hp:header><hp:subList>"
        + hwp_paragraph("머리말입니다")
        + '</hp:subList></hp:header></hp:ctrl><hp:ctrl><hp:fieldBegin type="CLICK_HERE"><hp:'
        'parameters><hp:stringParam name="Command">Clickhere:set:44:Direction:wstring</hp:'
        "stringParam></hp:parameters></hp:fieldBegin></hp:ctrl><hp:t><hp:deleteBegin/>지운 말"
        "<hp:deleteEnd/></hp:t>"
    )
    picture = (
        '<hp:pic><hc:img binaryItemIDRef="image1"/><hp:shapeComment>그림입니다.\n'
        "원본 그림의 이름: a.png\n원본 그림의 크기: 가로 1pixel</hp:shapeComment></hp:pic>"
    )
    content = hwpx(
        "".join(hwp_paragraph(line) for line in HEAD)
        + hwp_paragraph("첫 단락", "4")
        + hwp_paragraph(bold, "1").replace('charPrIDRef="0"', 'charPrIDRef="1"', 1)
        + hwp_paragraph("둘째 단계", "2")
        + hwp_paragraph("셋째 단계", "3")
        + hwp_paragraph(no_text)
        + hwp_paragraph("[도구 순위]")
        + hwp_paragraph(hwp_table(rows))
        + hwp_paragraph("* 출처 : 우리 조사")
        + hwp_paragraph(picture)
        + hwp_paragraph("시사점")
        + hwp_paragraph("끝맺음", "1")
        + hwp_paragraph("주목할 만한 월간 이슈(11월)")
        + hwp_paragraph("(정책) 새 소식", "1")
        + hwp_paragraph("자세한 말", "2")
        + hwp_paragraph("※ 참고 Reference")
        + hwp_paragraph("보고서 https://b.kr/2", "1"),
        head,
    )

    page = read_content("원고.HWPX", content)

    the_draft(page)
    assert "“지운 말”" in notes_of(page)
    assert "“머리말입니다”" in notes_of(page)
    assert "Clickhere" not in notes_of(page) + page.article.body
    assert "원본 그림" not in notes_of(page) + page.article.body


def test_markdown_manuscript_keeps_its_form():
    source = (
        "# [11월] 제목\n\n2025.11.28\n\n### 가\n\n첫 **굵은** *기운* `코드` [고리](https://a.kr/1)\n\n"
        "- 하나\n  - 둘\n\n> 인용\n\n| 이름 | 값 |\n|---|---|\n| a | 1 |\n\n#### 나\n\n끝"
    )

    page = read_content("원고.md", source.encode())

    assert page.article.title == "제목"
    assert page.article.body == (
        "## 가\n\n첫 **굵은** *기운* `코드` [고리](https://a.kr/1)\n\n- 하나\n    - 둘\n\n"
        "> 인용\n\n| 이름 | 값 |\n| --- | --- |\n| a | 1 |\n\n### 나\n\n끝"
    )


def test_markdown_manuscript_keeps_dates_and_emphasis_as_korean_writes_them():
    body = "2025. 10. 28. 행사를 열었다.\n\n**'자료'**은 열려 있다.\n\n- 10. 30. 마감"

    page = read_content("원고.md", f"# [11월] 제목\n\n{body}".encode())

    assert to_html(page.article.body) == to_html(body)


def bomb():
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(4):
            packed.writestr(f"word/{number}.xml", b"\0" * 20_000_000)
    return content.getvalue()


def hostile_files():
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x"}">' for n in range(9))
    doctype = f"<!DOCTYPE a [{entities}]>"
    outside = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    parts = {"_rels/.rels": '<a><b Type="x/officeDocument" Target="word/document.xml"/></a>'}
    hpf = {"Contents/content.hpf": '<p><item id="s" href="section0.xml"/><itemref idref="s"/></p>'}
    yield "a.docx", bomb()
    yield "a.docx", package(parts | {"word/document.xml": doctype + "<a>&a8;</a>"})
    yield "a.hwpx", package(hpf | {"section0.xml": outside + "<a>&e;</a>"})
    yield "a.hwpx", package(hpf | {"section0.xml": "<a>" + "<b/>" * 310_000 + "</a>"})
    yield "a.hwpx", package(hpf | {"section0.xml": "<a>" * 100_000})
    yield "a.docx", docx(paragraph("가") * 9_000)
    yield "a.docx", b"PK\x03\x04" + b"\0" * 100
    yield "a.hwpx", b"not a package"
    yield "a.hwp", b"\xd0\xcf\x11\xe0 old"
    yield "a.hwpx", b"\xd0\xcf\x11\xe0 old"
    yield "a.txt", b"PK\x03\x04"
    yield "a.exe", b"MZ"
    yield "a.hwpx", b"P" * 21_000_000
    yield "a.docx", hwpx(hwp_paragraph("가"))
    yield "a.hwpx", docx(paragraph("가"))


def test_hostile_and_wrong_files_are_refused_in_bounded_time():
    for name, content in hostile_files():
        started = time.process_time()

        with pytest.raises(BundleError) as refusal:
            read_content(name, content)

        assert refusal.value.message
        assert time.process_time() - started < 10, name
    assert "hwpx" in str(refusal_of("a.hwp"))


def refusal_of(name):
    with pytest.raises(BundleError) as refusal:
        read_content(name, b"\xd0\xcf\x11\xe0")
    return refusal.value


def test_picture_that_lies_outside_is_neither_read_nor_lost():
    link = (
        "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip "
    )
    link += 'r:link="l"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
    link += "</w:drawing></w:r></w:p>"

    page = read_content("a.docx", docx(paragraph("제목") + paragraph("글.") + link))

    assert page.article.body == "글."
    assert len([line for line, text in page.notes if "그림" in text or "picture" in text]) == 1


WORDS = st.text(st.sampled_from("가나다 ab*_[]1.-○□※()\t<&:|`"), max_size=12)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["p", "1", "2", "4", "t", "d"]), WORDS), max_size=8))
def test_words_of_a_document_are_in_the_draft_or_in_the_report(lines):
    heads = '<hh:bullet id="1" char="○"/><hh:bullet id="2" char="-"/>' + "".join(
        f'<hh:paraPr id="{n}"><hh:heading type="{kind}" idRef="{n}" level="0"/></hh:paraPr>'
        for n, kind in ((1, "BULLET"), (2, "NUMBER"), (4, "OUTLINE"))
    )
    hwp, word = hwp_paragraph("제목"), paragraph("제목")
    for kind, text in lines:
        if kind == "t":
            hwp += hwp_paragraph(hwp_table([[text, "x"], ["y", text]]))
            word += word_table([[text, "x"], ["y", text]])
        elif kind == "d":
            inner = escape(text)
            hwp += hwp_paragraph(f"<hp:t><hp:deleteBegin/>{inner}<hp:deleteEnd/></hp:t>")
            word += f"<w:p><w:del><w:r><w:delText>{inner}</w:delText></w:r></w:del></w:p>"
        else:
            hwp += hwp_paragraph(
                f"<hp:t>{text.replace('&', '&amp;').replace('<', '&lt;')}</hp:t>", kind
            )
            word += paragraph(text)
    for name, content in (("a.hwpx", hwpx(hwp, heads)), ("a.docx", docx(word))):
        page = read_content(name, content)

        whole = page.article.title + page.article.body + notes_of(page)
        whole += "".join(each.caption for each in page.article.tables)
        letters = re.findall(r"[^\W_]", re.sub(r"&(?:amp|lt|#126);", "", whole))
        for kind, text in lines:
            for letter in re.findall(r"[^\W_]", text):
                assert letter in letters, (name, kind, text, letter)


@pytest.mark.django_db
def test_command_imports_a_manuscript_with_picture_and_the_same_file_changes_nothing(
    tmp_path, settings, capsys
):
    settings.MEDIA_ROOT = tmp_path / "media"
    Category.objects.create(slug="trends", name="동향")
    rows = [
        [("순위", 1, 2), ("2025년 10월", 2, 1), ("2025년 11월", 2, 1)],
        ["기업(국가)", "모델", "기업(국가)", "모델"],
        RANKS[1],
    ]
    picture = '<hp:pic><hc:img binaryItemIDRef="image1"/></hp:pic>'
    file = tmp_path / "원고.hwpx"
    file.write_bytes(
        hwpx(
            "".join(hwp_paragraph(line) for line in HEAD)
            + hwp_paragraph(hwp_table(rows))
            + hwp_paragraph(picture)
        )
    )

    call_command("import_articles", str(file))
    call_command("import_articles", str(file))

    article = Article.objects.get()
    assert article.state == Article.State.DRAFT
    stored = re.search(r"!\[ALT\?\]\(/media/(articles/\S+\.png)\)", article.body)
    assert [path.name for path in (tmp_path / "media").rglob("*.png")] == [stored[1].split("/")[-1]]
    assert RankingEntry.objects.count() == 2
    assert article.ranking_tables.get().periods.count() == 2
    output = capsys.readouterr().out
    assert "ALT" not in output
    assert len(output.split("\n")) > 3


def test_page_that_hides_by_thousands_of_rules_is_read_in_bounded_time():
    rules = "".join(f".b{number} .a{{display:none}}" for number in range(9_000))
    source = f"<h1>제목</h1><style>{rules}</style>" + "<p class='a b'>글</p>" * 2_000
    started = time.process_time()

    page = read_content("a.html", source.encode())

    assert "글" in page.article.body
    assert time.process_time() - started < 10


def test_words_of_fields_boxes_notes_and_small_letters_are_read():
    box = (
        "<w:p><w:r><w:t>앞글</w:t></w:r><w:r><w:drawing><wp:anchor><a:graphic><a:graphicData>"
        f"<w:txbxContent>{paragraph('상자')}</w:txbxContent></a:graphicData></a:graphic>"
        "</wp:anchor></w:drawing></w:r></w:p>"
    )
    field = '<w:p><w:fldSimple w:instr="DATE"><w:r><w:t>필드</w:t></w:r></w:fldSimple></w:p>'
    ruby = (
        "<w:p><w:r><w:ruby><w:rt><w:r><w:t>한</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>韓</w:t></w:r>"
        '</w:rubyBase></w:ruby></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    )
    note = '<w:footnote w:id="2"><w:p><w:r><w:t>각주</w:t></w:r></w:p></w:footnote>'
    word = docx(paragraph("제목") + field + box + ruby, footnotes=note)
    hwp = hwpx(
        "".join(
            map(
                hwp_paragraph,
                [
                    "제목",
                    '<hp:ctrl><hp:fieldBegin type="HYPERLINK"><hp:parameters><hp:stringParam name='
                    '"Path">https\\://d.kr/a;1;0;0;</hp:stringParam></hp:parameters></hp:fieldBegin>'
                    "</hp:ctrl><hp:t>고리</hp:t><hp:ctrl><hp:fieldEnd/></hp:ctrl>",
                    "<hp:t>글</hp:t><hp:ctrl><hp:footNote><hp:subList>"
                    f"{hwp_paragraph('각주')}</hp:subList></hp:footNote></hp:ctrl>",
                    '<hp:pic><hc:img binaryItemIDRef="image1"/><hp:caption><hp:subList>'
                    f"{hwp_paragraph('그림 1. 화면')}</hp:subList></hp:caption><hp:shapeComment>"
                    "두 줄 그래프</hp:shapeComment></hp:pic>",
                ],
            )
        )
    )

    from_word, from_hangul = read_content("a.docx", word), read_content("a.hwpx", hwp)

    assert from_word.article.body == "필드\n\n앞글\n\n상자\n\n韓(한)[1]\n\n[1] 각주"
    assert from_hangul.article.body == (
        '[고리](https://d.kr/a)\n\n글[1]\n\n![두 줄 그래프](picture:1 "그림 1. 화면")\n\n[1] 각주'
    )
    assert "초안에 없습니다" not in notes_of(from_word) + notes_of(from_hangul)
