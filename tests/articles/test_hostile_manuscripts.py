"""Texts and documents made to take hours or all memory are read, or refused, within seconds."""

import time

import pytest

from articles.bundle.data import BundleError
from articles.content.xml_packages import XmlPackage
from articles.manuscripts import clipboard
from articles.manuscripts.docx import to_html
from articles.manuscripts.readers import read_content
from articles.manuscripts.save_drafts import with_addresses
from tests.articles.manuscripts import docx, hwp_paragraph, hwpx, package, paragraph

SECONDS = 8
MOST_CHARACTERS = 2_000_000

LONG = "가" * 100_000
COPIED = {
    "style without a colon": f"<p style='{'a' * 60_000}'>글",
    "style sheet without a colon": f"<style>p{{{'a' * 60_000}}}</style><p>글",
    "comments that do not end": f"<style>{'/* ' * 60_000}</style><p>글",
    "spaces between selectors": f"<style>a{' ' * 60_000}b{{display:none}}</style><p>글",
    "classes by the thousand": (
        f"<style>{''.join(f'.a.b{n}{{display:none}}' for n in range(900))}</style>"
        f"<p class='{'a ' * 300_000}'>글"
    ),
    "steps up many elements": (
        f"<style>{''.join(f'.a .a .a .a .x{n}{{display:none}}' for n in range(90))}</style>"
        + "<p>글"
        + "<div class=a>" * 35
        + f"<p class='{' '.join(f'x{n}' for n in range(90))}'>글" * 90
    ),
    "tables beside a style sheet": "<style>b{color:red}</style><p>글" + "<table></table>" * 40_000,
    "rows below many tables": "<table><tr><td>" * 600 + "<table>" + "<tr><td>글" * 15_000,
    "hidden group of many rows": (
        "<p>글<table><tbody style='visibility:hidden'>" + "<tr><td>가<td>나" * 18_000
    ),
    "links within links": "<a href=x><b>" * 900 + "가나 " * 100_000,
    "attributes of one tag": f"<p {' '.join(f'a{n}=1' for n in range(60_000))}>글",
    "runs in one line": "<p>" + "<b>가</b>나" * 60_000,
    "pictures without an end": "<p>" + "![" * 40_000,
    "merged cells of a long text": (
        f"<table><tr><td rowspan=160 colspan=59>{LONG}<td>가{'<tr><td>나' * 159}</table>"
    ),
    "merged cells in one place": (
        f"<table><tr><td>가<td rowspan=900>{LONG}{'<tr><td colspan=2>나' * 899}</table>"
    ),
}


@pytest.mark.parametrize("kind", COPIED)
def test_copied_text_is_read_or_refused(kind):
    started = time.process_time()

    try:
        said = with_addresses(clipboard.read(COPIED[kind]).markdown, {})
    except BundleError as error:
        said = error.message

    assert said
    assert len(said) < MOST_CHARACTERS
    assert time.process_time() - started < SECONDS


def test_text_of_many_columns_is_no_ranking():
    cells = ["순위", "가" * 50_000], ["", *["나"] * 20_000], ["1위"] * 20_001
    heads = "\n".join("\t".join(row) for row in cells)

    assert len(clipboard.read("", heads).markdown) < MOST_CHARACTERS


HWP_LIST = (
    "<hh:numberings><hh:numbering id='1'><hh:paraHead level='1'>{}</hh:paraHead></hh:numbering>"
    "</hh:numberings><hh:paraPr id='1'><hh:heading type='NUMBER' idRef='1' level='0'/></hh:paraPr>"
)
WORD_LIST = (
    "<w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='decimal'/>"
    "<w:lvlText w:val='{}'/></w:lvl></w:abstractNum><w:num w:numId='1'>"
    "<w:abstractNumId w:val='1'/></w:num>"
)
WORD_ITEM = "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr>"
WORDS = " ".join(f"{number * 7919:x}" for number in range(150_000))


def sections_named_often():
    item, named = '<item id="s" href="Contents/section0.xml"/>', '<itemref idref="s"/>'
    return package(
        {
            "Contents/content.hpf": f"<p>{item}{named * 3_000}</p>",
            "Contents/section0.xml": f"<sec>{hwp_paragraph('글')}</sec>".replace("hp:", "")
            + " " * 3_000_000,
        }
    )


def documents():
    title = hwp_paragraph("제목")
    yield "a.txt", "제목\n\n" + "참고자료\n" * 6_000
    yield "a.txt", "제목\n\n" + "가나다라\n" * 4_000 + "참고자료\n" + "- http://a.kr/x\n" * 4_000
    yield "a.txt", "제목\n\n" + "댓글\n- 가\n" * 4_000
    yield "a.md", "# 제목\n\n" + "[" * 150_000
    yield "a.md", "# 제목\n\n" + "*a **b" * 50_000
    yield "a.md", "# 제목\n\n" + "[a\n" * 90_000
    yield "a.md", "# 제목\n\n" + ("|a" * 200 + "\n" + "|-" * 200 + "\n" + "|\n" * 320 + "\n") * 9
    yield "a.hwpx", sections_named_often()
    hidden = "<hp:t>" * 200 + "a" * 3_000_000 + "</hp:t>" * 200
    yield (
        "a.hwpx",
        hwpx(title + hwp_paragraph(f"<hp:ctrl><hp:header>{hidden}</hp:header></hp:ctrl>")),
    )
    yield "a.hwpx", hwpx(title + hwp_paragraph("가", "1") * 9_000, HWP_LIST.format("^1" * 40_000))
    yield (
        "a.hwpx",
        hwpx(title + hwp_paragraph("<hp:x>" * 200 + "<hp:y/>" * 90_000 + "</hp:x>" * 200)),
    )
    yield "a.hwpx", hwpx(title + hwp_paragraph(WORDS))
    yield "a.docx", docx(paragraph("제목") + paragraph(WORDS))
    yield (
        "a.docx",
        docx(
            paragraph("제목") + paragraph("가", WORD_ITEM) * 7_000, WORD_LIST.format("%1" * 9_000)
        ),
    )
    for around in ("<w:p>", "<w:p><w:del>"):
        closing = "".join(f"</{name}" for name in reversed(around.split("<")[1:]))
        text = f"<w:r><w:t>{'가' * 900_000}</w:t></w:r>"
        yield "a.docx", docx(paragraph("제목") + around * 110 + text + closing * 110)


DOCUMENTS = [*documents()]


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_document_is_read_or_refused(number):
    name, content = DOCUMENTS[number]
    started = time.process_time()

    try:
        page = read_content(name, content.encode() if isinstance(content, str) else content)
        said = page.article.body + "".join(note for _line, note in page.notes)
    except BundleError as error:
        said = error.message

    assert said
    assert len(said) < 2 * MOST_CHARACTERS
    assert time.process_time() - started < SECONDS


def test_picture_that_a_document_shows_a_hundred_times_is_kept_once():
    shown = (
        "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData><pic:pic><pic:blipFill>"
        '<a:blip r:embed="i"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )

    source = to_html(XmlPackage(docx(paragraph("제목") + shown * 100)))

    assert len(source.pictures) == 1
    assert source.html.count("<img") == 100
