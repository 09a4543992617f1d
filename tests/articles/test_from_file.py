"""On the desk a manuscript is shown as it was read, and becomes a draft as the editor decides."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import html

from articles.models import Article, Category, MonthlyIssue, Ranking, Revision
from tests.articles.manuscripts import hwp_paragraph, hwp_table, hwpx
from tests.factories import make_ranking, make_staff

pytestmark = pytest.mark.django_db

PAGE = "/manage/articles/article/from-file/"
ROWS = [
    [("순위", 1, 2), ("2025년 10월", 2, 1), ("2025년 11월", 2, 1)],
    ["기업(국가)", "모델", "기업(국가)", "모델"],
    ["1위", "가나 (한국)", "A", "라마 (미국)", "B"],
]
PICTURE = '<hp:pic><hc:img binaryItemIDRef="image1"/></hp:pic>'


def manuscript(name="원고.hwpx"):
    lines = ["[11월] 문서의 제목", "2025.11.28", "글 하나.", "[도구 순위]"]
    content = "".join(map(hwp_paragraph, lines)) + hwp_paragraph(hwp_table(ROWS))
    content += "".join(
        map(
            hwp_paragraph,
            [
                "* 출처 : 조사",
                PICTURE,
                "주목할 만한 월간 이슈(11월)",
                "• (정책) 새 소식",
                "※ 참고 Reference",
            ],
        )
    )
    return SimpleUploadedFile(name, hwpx(content + hwp_paragraph("• 보고서 https://b.kr/2")))


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Category.objects.create(slug="trends", name="동향")


def signed_in(*permissions, **fields):
    client = Client()
    client.force_login(make_staff(*permissions, **fields))
    return client


def read(client, file=None):
    """Return the page that shows what was read, as its document, and its form's values."""
    response = client.post(PAGE, {"file": file or manuscript()})
    assert response.status_code == 200
    document = html.fromstring(response.content.decode())
    (form,) = document.cssselect("#content-main form")
    values = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    return document, values


def make(client, values, **changed):
    response = client.post(PAGE, {**values, **changed})
    assert response.status_code == 302, response.content.decode()
    return Article.objects.latest("pk")


def test_manuscript_becomes_a_draft_with_its_figures_issue_and_picture():
    client = signed_in(is_superuser=True)
    listed = client.get(reverse("admin:articles_article_changelist"))
    assert PAGE in listed.content.decode()

    document, values = read(client)
    assert not Article.objects.exists()
    assert "ALT?" in document.text_content()
    article = make(client, values)

    assert (article.kicker, article.title, article.state) == ("[11월]", "문서의 제목", "draft")
    assert article.published_at.date() == date(2025, 11, 28)
    assert "[[ranking:도구-순위]]" in article.body
    assert "](/media/articles/" in article.body
    table = article.ranking_tables.get()
    assert (table.caption, table.source_note) == ("도구 순위", "출처 : 조사")
    assert [period.label for period in table.periods.all()] == ["2025년 10월", "2025년 11월"]
    assert article.references.get().url == "https://b.kr/2"
    issue = MonthlyIssue.objects.get()
    assert (issue.state, issue.lead_article, article.monthly_issue) == ("draft", article, issue)
    assert [item.headline for item in issue.items.all()] == ["새 소식"]
    revision = Revision.objects.of(article).get()
    assert (revision.kind, revision.author) == (Revision.Kind.IMPORTED, client_user(client))
    shown = client.get(reverse("admin:articles_article_change", args=[article.pk]))
    assert "ALT" in shown.content.decode()


def client_user(client):
    return client.get("/manage/").wsgi_request.user


def test_periods_that_an_editor_chooses_go_to_a_series_that_is_there():
    client = signed_in(is_superuser=True)
    article = make(client, read(client)[1], periods_0=["2025-10-01"])
    stored = Ranking.objects.get()

    document, values = read(client)
    assert "문서의 제목" in document.cssselect(".existing")[0].text_content()
    assert values["series_0"] == [str(stored.pk)]
    assert values["issue"] == ["text"]
    second = make(client, values, periods_0=["2025-11-01"])

    assert second.pk != article.pk
    assert [each.label for each in Ranking.objects.get().periods.all()] == [
        "2025년 10월",
        "2025년 11월",
    ]
    assert [each.label for each in second.ranking_tables.get().periods.all()] == ["2025년 11월"]
    assert "- (정책) 새 소식" in second.body
    assert MonthlyIssue.objects.get().lead_article == article


def test_who_may_not_enter_figures_gets_an_ordinary_table_and_nothing_is_forced():
    client = signed_in("articles.add_article", "articles.view_article", "articles.change_article")

    _document, values = read(client)
    assert values["series_0"] == ["plain"]
    forced = client.post(PAGE, {**values, "series_0": "new", "issue": "month"})
    assert forced.status_code == 200
    article = make(client, values)

    assert not Ranking.objects.exists()
    assert not MonthlyIssue.objects.exists()
    assert "| 1위 | 가나 (한국) | A | 라마 (미국) | B |" in article.body
    assert "도구 순위\n\n| 순위 | 2025년 10월 기업(국가) |" in article.body
    assert "출처 : 조사" in article.body


def test_what_cannot_be_read_is_refused_in_words_and_strangers_are():
    client = signed_in("articles.add_article")
    values = read(client)[1]
    old = SimpleUploadedFile("원고.hwp", b"\xd0\xcf\x11\xe0")

    refused = client.post(PAGE, {"file": old}).content.decode()
    tampered = client.post(PAGE, {**values, "read": values["read"][0][:-3] + "abc"})
    untitled = client.post(PAGE, {**values, "title": ""})

    assert ".hwpx" in html.fromstring(refused).cssselect(".errorlist")[0].text_content()
    assert client.post(PAGE).status_code == 200
    assert tampered.status_code == 302
    assert untitled.status_code == 200
    assert not Article.objects.exists()
    reader = signed_in("articles.view_article")
    assert reader.get(PAGE).status_code == 403
    assert reader.post(PAGE, values).status_code == 403
    assert Client().get(PAGE).status_code == 302


def test_series_with_other_headings_is_not_offered():
    make_ranking()

    _document, values = read(signed_in(is_superuser=True))

    assert values["series_0"] == ["new"]


def test_each_table_of_two_with_one_caption_keeps_its_own_figures():
    make_ranking(slug="도구-순위", title="다른 순위")
    client = signed_in(is_superuser=True)

    def manuscript_of(month):
        head = f"<tr><td rowspan=2>순위</td><td>2025년 {month}월</td></tr><tr><td>도구</td></tr>"
        first, second = (
            f"<p>[도구 순위]</p><table>{head}<tr><td>1위</td><td>{name}</td></tr></table>"
            for name in ("가나", "라마")
        )
        note = '<p>* <a href="https://b.kr/3">출처 : 조사</a></p>'
        html = f"<h1>제목</h1>{first}{note}<p>글.</p>{second}"
        return SimpleUploadedFile("원고.html", html.encode())

    def figures(article):
        return {
            table.ranking.slug: [entry.label for entry in table.periods.get().entries.all()]
            for table in article.ranking_tables.all()
        }

    made = make(client, read(client, manuscript_of(10))[1])
    series = {table.ranking.slug: [str(table.ranking_id)] for table in made.ranking_tables.all()}
    third, second = series["도구-순위-3"], series["도구-순위-2"]
    _document, values = read(client, manuscript_of(11))
    crossed = make(client, values, series_0=second, series_1=third)
    plain = make(client, values, series_0=["plain"], series_1=["plain"])

    assert figures(made) == {"도구-순위-3": ["가나"], "도구-순위-2": ["라마"]}
    assert figures(crossed) == {"도구-순위-2": ["가나"], "도구-순위-3": ["라마"]}
    assert "[출처 : 조사](https://b.kr/3)" in plain.body


def test_document_of_references_alone_becomes_a_draft_too():
    client = signed_in("articles.add_article", "articles.view_article")
    text = "제목\n\n※ 참고 Reference\n\n- 보고서 https://b.kr/2\n"
    file = SimpleUploadedFile("원고.txt", text.encode())

    article = make(client, read(client, file)[1])

    assert article.body == "제목"
    assert article.references.get().url == "https://b.kr/2"
