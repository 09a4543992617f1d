"""From a manuscript to the published page, in few clicks and with nothing retyped."""

import pytest
from django.urls import reverse

from articles.models import Article, Category, MonthlyIssue, Ranking
from tests.articles.manuscripts import docx, hwp_paragraph, hwp_table, hwpx, paragraph, word_table
from tests.browser.looking import load_axe, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WRITER = [
    "articles.publish_article",
    *(
        f"articles.{action}_{model}"
        for action in ("add", "change", "view")
        for model in ("article", "ranking", "rankingsubject", "monthlyissue")
    ),
]
ROWS = [
    [("순위", 1, 2), ("2025년 10월", 2, 1), ("2025년 11월", 2, 1)],
    ["기업(국가)", "모델", "기업(국가)", "모델"],
    ["1위", "가나 (한국)", "A", "라마 (미국)", "B"],
]
MAX_CLICKS = 12
PHONE = {"width": 390, "height": 800}
IS_TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"
ABOVE = ["[11월] 문서의 제목", "2025.11.28", "□ 첫 소식", " ○ 글 하나", "[도구 순위]"]
BELOW = [
    "* 출처 : 조사",
    "시사점",
    "○ 끝맺음",
    "주목할 만한 월간 이슈(11월)",
    "○ (정책) 새 소식",
]


def hwpx_manuscript():
    parts = [*ABOVE, hwp_table(ROWS), *BELOW]
    return hwpx("".join(map(hwp_paragraph, parts)))


def docx_manuscript():
    head, columns, row = ROWS
    rows = [["순위", *(cell[:2] for cell in head[1:])], [None, *columns], row]
    above, below = ("".join(map(paragraph, texts)) for texts in (ABOVE, BELOW))
    return docx(above + word_table(rows) + below)


def look_at(page, complaints, label):
    """Check a page as a phone shows it, and with axe, whose own styles break the policy."""
    page.set_viewport_size(PHONE)
    assert complaints == [], label
    assert not page.evaluate(IS_TOO_WIDE), label
    assert violations(load_axe(page), "#content") == [], label
    complaints.clear()
    page.set_viewport_size({"width": 1280, "height": 800})


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("원고.hwpx", "application/hwp+zip", hwpx_manuscript()),
        ("원고.docx", "application/octet-stream", docx_manuscript()),
    ],
    ids=["hwpx", "docx"],
)
def test_manuscript_is_a_published_page_with_its_figures_in_twelve_clicks(
    open_page, open_as_staff, name, kind, content
):
    Category.objects.create(slug="trends", name="동향")
    page = open_as_staff(reverse("admin:articles_article_changelist"), *WRITER)
    clicks = 0

    with page.expect_navigation():
        page.get_by_role("link", name="원고에서 만들기").click()
    look_at(page, open_page.complaints, "the file")
    upload = {"name": name, "mimeType": kind, "buffer": content}
    page.locator("[type=file]").set_input_files(upload)
    clicks += 1 + 2
    with page.expect_navigation():
        page.get_by_role("button", name="읽기").click()
    look_at(page, open_page.complaints, "what was read")
    page.get_by_role("button", name="초안 만들기").click()
    clicks += 2
    page.locator(".messagelist").wait_for()
    page.locator("[name=state]").select_option("published")
    with page.expect_navigation():
        page.locator("[name=_save]").first.click()
    clicks += 2 + 1

    article = Article.objects.get()
    assert article.is_public, page.locator(".errorlist").all_inner_texts()
    assert clicks <= MAX_CLICKS
    assert MonthlyIssue.objects.get().lead_article == article
    assert Ranking.objects.get().periods.count() == 2
    page.goto(page.url.partition("/manage/")[0] + article.get_absolute_url())
    assert "라마 (미국)" in page.locator("table").inner_text()
    assert page.locator("main li li").filter(has_text="글 하나").count() == 1
