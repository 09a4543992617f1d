"""What would trip readers is told to whoever writes, and errors keep it from them."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.content.headings import with_anchors
from articles.content.markdown import ALT_TEXT_TO_WRITE, with_lines
from articles.desk import publishing, publishing_checks
from articles.desk.page_reading import read
from articles.models import (
    Article,
    LegacyPath,
    MonthlyIssue,
    PublishingWaiver,
    RankingSubject,
    Revision,
)
from tests.factories import make_article, make_issue, make_ranking, make_staff, make_table
from tests.sent_forms import UNDRAWN, open_form, send

PUBLISHER = ["articles.publish_article"] + [
    f"articles.{action}_{model}"
    for action in ("add", "change", "view")
    for model in ("article", "monthlyissue")
]


@pytest.fixture
def publisher(client):
    client.force_login(make_staff(*PUBLISHER, username="mina"))
    return client


def page_of(source):
    return read(with_anchors(with_lines(source)))


def found_in(source):
    page = page_of(source)
    return [
        *publishing_checks.text_findings(source, page),
        *publishing_checks.pictures(page),
        *publishing_checks.days_without_a_year(page),
    ]


def codes(findings):
    return [finding.code for finding in findings]


CAPTION = '"그림: 편집실"'


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("## 가\n\n### 나\n\n## 다", []),
        ("### 가", ["heading-skip"]),
        ("## 가\n\n#### 나", ["heading-skip"]),
        ("글\n\n## 가\n\n##### 나\n\n### 다\n\n#### 라", ["heading-skip"]),
        ("## 가\n\n글\n\n## 가", ["heading-repeated"]),
        ("## 가\n\n### 전망\n\n## 나\n\n### 전망", []),
        (f"![그림이 보여 주는 것](/media/a.png {CAPTION})", []),
        (f"![](/media/a.png {CAPTION})", ["picture-alt"]),
        (f"![  ](/media/a.png {CAPTION})", ["picture-alt"]),
        (f"![\u3164\u2060](/media/a.png {CAPTION})", ["picture-alt"]),
        (f"![&#8203;](/media/a.png {CAPTION})", ["picture-alt"]),
        ("## \u3164\n\n### 나", ["heading-empty"]),
        ("## **\u3164**\n\n### 나", ["heading-empty"]),
        (f"![{ALT_TEXT_TO_WRITE}](/media/a.png {CAPTION})", ["picture-alt"]),
        ("![그림](https://example.com/a.png)", ["picture-elsewhere"]),
        ('![글](/media/a.png "a > b")', []),
        ("![글](/media/a.png)", ["picture-caption"]),
        ("글 ![글](/media/a.png) 글", []),
        ("```unread\n읽지 못한 줄\n```", ["unread"]),
        ("~~~ unread\n읽지 못한 줄\n~~~", ["unread"]),
        ("```\nunread (\n```", []),
        ("`![](/media/a.png) (`", []),
        ("자료는 [여기](/articles/)에 있음", ["link-words"]),
        ("[→ Click here!](https://example.org)", ["link-words"]),
        ("[여기서 시작한 사람들](https://example.org)", []),
        ("[](https://example.org)", ["link-empty"]),
        ("그는 “열림(공개)”이라 말함", []),
        ("그는 “열림이라 말함", ["signs"]),
        ("괄호(안\n\n다른 문단)", ["signs", "signs"]),
        ("1) 첫째 가) 나 ’24년 it’s", []),
        ("값 3.14는 1.5배이다. 둘째", []),
        ("모형 ‘R1’을 공개하고 ‘2.0’과 견줌", []),
        ('"하나" 둘"', ["signs"]),
        ("- 10월 3일 공개함", ["year"]),
        ("- 2025년 10월 3일 공개하고 10월 5일 고침\n    - 10월 7일 다시", []),
        ("## 2025년 10월\n\n- 10월 3일 공개함\n\n## 그 뒤\n\n- 11월 1일", ["year"]),
        ("- 올해 10월 3일 공개함", []),
        ("- 목록\n\n| 해 | 값 |\n|-|-|\n| 가 | 1 |", ["table-caption", "table-source"]),
        ("표 1. 값\n\n| 해 | 값 |\n|-|-|\n| 가 | 1 |\n\n* 출처: 통계청", ["table-date"]),
        ("표 1. 2025년 값\n\n| 해 | 값 |\n|-|-|\n| 가 | 1 |\n\n※ 통계청", []),
    ],
)
def test_each_fault_of_a_text_is_found_and_nothing_else(source, found):
    assert codes(found_in(source)) == found


def test_finding_names_its_thing_and_its_line():
    source = "첫 줄\n\n![](/media/articles/2025/10/a.png)\n\n#### 가 & 나"

    alt, _caption, skip = sorted(found_in(source), key=lambda each: each.line)

    assert "a.png" in alt.text and alt.line == 3
    assert "가 & 나" in skip.text and skip.line == 5


def test_address_in_single_letters_is_found():
    source = "[글](https://example.org/%E1%84%80%E1%85%A1)"

    assert codes(found_in(source)) == ["nfd"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("지푸와 지푸의 모형", []),
        ("지푸(Zhipu)의 모형, 쯔푸가 공개함", ["지푸/쯔푸"]),
        ("지푸의 모형, Zhipu의 모형", []),
        ("지푸의 모형을 즈푸가 공개함", ["지푸/즈푸"]),
        ("지푸의 모형을 지부장이 알림, 저쪽", []),
        ("지푸의 모형과 치푸의 모형", []),
    ],
)
def test_subject_in_two_spellings_is_found(text, found):
    subjects = {"지푸": ["쯔푸", "Zhipu"], "구글": [], "치푸": []}

    spellings = publishing_checks.two_spellings(page_of(text), subjects)

    assert [finding.about for finding in spellings] == found


# Of what is stored


@pytest.mark.django_db
def test_links_within_the_site_are_tried_as_readers_will_find_them():
    later = make_article(published_at=timezone.now() + timedelta(days=3))
    public, draft = make_article(), make_article(state="draft", published_at=None)
    LegacyPath.objects.create(article=public, path="/board/view.do?id=7")
    links = {
        public.get_absolute_url(): False,
        f"http://127.0.0.1:8000{public.get_absolute_url()}#comments": False,
        f"{public.get_absolute_url()}#s-첫-소식": False,
        f"{public.get_absolute_url()}#s-없는-소식": True,
        "/board/view.do?id=7": False,
        "/board/view.do?id=8": True,
        later.get_absolute_url(): True,
        draft.get_absolute_url(): True,
        "/articles/999999/": True,
        "/nothing/of/this/": True,
        "/manage/": True,
        "/media/articles/none.png": True,
        "/media/../../etc/passwd": True,
        "/issues/2031-01/": True,
        "/rankings/none/": True,
        f"/categories/{public.category.slug}/": False,
        "/search/?q=가": False,
        "#s-머리": False,
        "#s-없음": True,
        "mailto:mina@example.com": False,
        "https://example.org/없는-글": False,
    }
    for address, is_dead in links.items():
        article = make_article(body=f"## 머리\n\n[글의 이름](<{address}>)")

        dead = [each for each in publishing.errors_of(article) if each.line == 3]

        assert bool(dead) == is_dead, address
    article = make_article(body=f"[글의 이름]({later.get_absolute_url()})")
    assert not publishing.errors_of(article, later.published_at)
    assert not publishing.errors_of(article, together=[later])


@pytest.mark.django_db
def test_checks_cost_the_same_however_many_periods_are_shown(django_assert_num_queries):
    def article_with(count):
        months = [
            (f"2025년 {month}월", date(2025, month, 1), [("구글", "미국", "Gemma")])
            for month in range(1, count + 1)
        ]
        article = make_article(body="[[ranking:models]]")
        make_table(article, make_ranking(months), slug="models")
        return article

    one, many = article_with(1), article_with(9)
    with django_assert_num_queries(7) as queries:
        publishing.findings_of(one)

    with django_assert_num_queries(len(queries)):
        publishing.findings_of(many)


@pytest.mark.django_db
def test_text_of_a_thousand_links_is_looked_at_in_part(django_assert_max_num_queries):
    body = "\n\n".join(f"[이름](/articles/{number + 10**6}/)" for number in range(1_000))
    article = make_article(body=body)

    with django_assert_max_num_queries(publishing.MOST_ADDRESSES + 20):
        found = publishing.errors_of(article)

    assert len(found) == publishing.MOST_ADDRESSES


@pytest.mark.django_db
def test_tables_say_what_they_lack():
    article = make_article(state="draft", body="[[ranking:b]]\n\n[[ranking:a]]\n\n[[ranking:a]]")
    table = make_table(article, make_ranking(), slug="a", source_note="")
    empty = make_ranking([("최신", date(2025, 10, 1), [])])
    make_table(article, empty, slug="c", source_note="출처")

    found = {(each.code, each.row) for each in publishing.findings_of(article)}

    assert {
        *[("ranking-unknown", None), ("ranking-twice", None), ("table-source", 0)],
        *[("table-figures", 1), ("table-date", 1)],
    } <= found
    table.periods.first().entries.update(cells={})
    texts = [each.text for each in publishing.errors_of(article)]
    assert any(str(table.periods.first()) in text for text in texts)


@pytest.mark.django_db
def test_month_says_which_item_has_no_text():
    issue = make_issue([("정책", "빈 소식", ""), ("정책", "찬 소식", "- 글")])

    (finding,) = publishing.findings_of(issue)

    assert finding.place == "items-0" and "빈 소식" in finding.text


# At the desk


def address_of(obj):
    return reverse(f"admin:articles_{obj._meta.model_name}_change", args=[obj.pk])


@pytest.mark.django_db
def test_publisher_goes_on_with_a_reason_that_is_recorded_and_holds(publisher):
    article = make_article(state="draft", published_at=None, body="### 건너뛴 제목")
    fields = open_form(publisher, address_of(article))

    refused = send(publisher, address_of(article), fields, state="published", title="친 제목")

    page = html.fromstring(refused.content.decode())
    assert page.cssselect("#id_title")[0].get("value") == "친 제목"
    assert page.cssselect(".publishing-reason[open] #id_publishing_reason")
    (link,) = page.cssselect(".checks li.error a")
    assert (link.get("href"), link.get("data-line")) == ("#id_body", "1")
    assert Article.objects.get().state == "draft" and not Revision.objects.exists()
    # It is a draft still: the next step stays, and no link leads to where readers find nothing.
    assert page.cssselect("[name=_next]")[0].text == "공개하기"
    assert not page.cssselect(f'[href$="{article.get_absolute_url()}"]')

    send(
        publisher,
        address_of(article),
        fields,
        state="published",
        publishing_reason="인용한 목차 그대로임",
        **UNDRAWN,
    )

    waiver = PublishingWaiver.objects.get()
    assert Article.objects.get().state == "published"
    assert (waiver.reason, waiver.by_name) == ("인용한 목차 그대로임", "mina")
    assert Revision.objects.of(article).newest().note == "인용한 목차 그대로임"
    # The same once more needs no second reason, and another error one of its own.
    fields = open_form(publisher, address_of(article))
    saved = send(publisher, address_of(article), fields, title="고친 제목", **UNDRAWN)
    assert saved.status_code == 302
    fields = open_form(publisher, address_of(article))
    other = send(publisher, address_of(article), fields, body="### 다른 제목", **UNDRAWN)
    assert other.status_code == 200
    panel = html.fromstring(publisher.get(address_of(article)).content.decode())
    assert "인용한 목차" in panel.cssselect(".checks li.waived")[0].text_content()


@pytest.mark.django_db
def test_month_passes_the_same_checks(publisher):
    issue = make_issue([("정책", "빈 소식", "")], state="draft", published_at=None)
    fields = open_form(publisher, address_of(issue))

    refused = send(publisher, address_of(issue), fields, state="published")

    (link,) = html.fromstring(refused.content.decode()).cssselect(".checks li.error a")
    assert link.get("href") == "#items-0"
    assert MonthlyIssue.objects.get().state == "draft"
    passed = {"state": "published", "publishing_reason": "제목만으로 충분함"}
    assert send(publisher, address_of(issue), fields, **passed, **UNDRAWN).status_code == 302
    assert MonthlyIssue.objects.get().state == "published"


@pytest.mark.django_db
def test_writers_see_the_checks_of_what_they_type_and_nothing_is_stored(client):
    RankingSubject.objects.create(name="지푸", slug="zhipu", aliases=["쯔푸"])
    client.force_login(make_staff("articles.change_article", "articles.view_article"))
    article = make_article(state="draft", published_at=None, body="처음 글")
    fields = open_form(client, address_of(article))

    panel = client.post(
        reverse("typed_preview", args=[article.pk]) + "?checks",
        {**fields, "body": "지푸와 쯔푸\n\n[[ranking:none]]"},
    )

    page = html.fromstring(panel.content.decode())
    assert page.cssselect("li.error a")[0].get("data-line") == "3"
    assert "쯔푸" in page.cssselect("li.warning")[0].text_content()
    article.refresh_from_db()
    assert article.body == "처음 글"
    # Without the right to publish there is no field for a reason.
    assert not html.fromstring(client.get(address_of(article)).content).cssselect(
        "#id_publishing_reason"
    )


@pytest.mark.django_db
def test_month_is_checked_as_it_is_typed(publisher):
    issue = make_issue([("정책", "찬 소식", "- 글")], state="draft", published_at=None)
    fields = open_form(publisher, address_of(issue))
    typed = {**fields, "items-0-body": "첫 줄\n\n##### 건너뛴 제목"}

    panel = publisher.post(reverse("typed_items", args=[issue.pk]), typed)
    new = publisher.post(
        reverse("typed_items"), {"items-0-headline": "빈 소식", "items-0-body": "", "x": "\0"}
    )
    gone = publisher.post(
        reverse("typed_items", args=[issue.pk]), {**typed, "items-0-DELETE": "on"}
    )

    (link,) = html.fromstring(panel.content.decode()).cssselect("li.error a")
    assert (link.get("href"), link.get("data-line")) == ("#items-0", "3")
    assert (
        "빈 소식" in html.fromstring(new.content.decode()).cssselect("li.error")[0].text_content()
    )
    assert not html.fromstring(gone.content.decode()).cssselect("li")
    assert issue.items.get().body == "- 글"


@pytest.mark.django_db
def test_checks_of_a_month_are_for_those_who_write_it(client):
    assert client.post(reverse("typed_items")).status_code == 403
    client.force_login(make_staff("articles.view_monthlyissue"))
    assert client.post(reverse("typed_items")).status_code == 403


def test_sentence_ends_where_a_space_follows_however_long_a_word_is():
    told = publishing_checks.readability(
        page_of("GPT-4.1은 3.5% 올랐다. 그뿐이다.\n\n" + "a" * 40_000 + ".b")
    )
    whole, longest = told

    assert whole.text.startswith("문장 3개") and "40002자" in longest.text
