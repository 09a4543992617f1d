"""Figures are entered by pasting, by uploading, or from last month; nothing is saved unseen."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import html

from articles.admin.rankings.grid_form import who_name
from articles.models import RankingEntry, RankingPeriod, RankingSubject
from tests.articles.test_pasted_table import EXCEL, HTML, TABLE, xlsx
from tests.factories import make_ranking, make_staff
from tests.sent_forms import data_of

pytestmark = pytest.mark.django_db

NEW_MONTH = "순위\t2025년 11월\t\n\t기업(국가)\t대표 모델명\n"


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def steward(client):
    user = make_staff(
        *(
            f"articles.{a}_{m}"
            for a in ("add", "change", "view")
            for m in ("ranking", "rankingperiod")
        )
    )
    client.force_login(user)
    return user


def paste_address(ranking):
    return reverse("admin:articles_ranking_paste", args=[ranking.pk])


def grid_address(ranking, query=""):
    return reverse("admin:articles_ranking_grid", args=[ranking.pk]) + query


def paste(client, ranking, text="", **data):
    return client.post(paste_address(ranking), {"text": text, "html": "", **data})


def sent_back(response):
    """Return the address and data that the shown grid's Save sends."""
    form = response.context["form"]
    return response.context["action"], data_of(form)


def figures():
    entries = RankingEntry.objects.order_by("period__as_of", "position")
    return [(e.period.label, e.rank, e.label, e.cells["model"]) for e in entries]


FIGURES = [
    ("2024년 7월", 1, "구글 (미국)", "Gemma"),
    ("2024년 7월", 2, "메타 (미국)", "Llama 3"),
    ("2025년 10월", 1, "지푸 AI (중국)", "GLM-4.6"),
    ("2025년 10월", 2, "알리바바 (중국)", "Qwen3"),
]


@pytest.mark.parametrize("source", ["text", "html", "xlsx", "csv"])
def test_pasted_table_is_shown_in_the_grid_before_anything_is_saved_and_then_saved(
    client, steward, source
):
    ranking = make_ranking([])
    rows = "\n".join(",".join(str(cell or "") for cell in row) for row in TABLE).replace("2.0", "2")
    data = {
        "text": {"text": EXCEL},
        "html": {"html": HTML},
        "xlsx": {"file": SimpleUploadedFile("표.xlsx", xlsx(TABLE))},
        "csv": {"file": SimpleUploadedFile("표.csv", rows.encode("cp949"))},
    }[source]

    shown = client.post(paste_address(ranking), {"text": "", "html": ""} | data)

    page = shown.content.decode()
    assert page.count('scope="colgroup"') == 2 and 'value="2024년 7월"' in page
    assert 'value="GLM-4.6"' in page and "Nothing has been saved" in page
    assert not shown.context["form"].errors
    assert not RankingPeriod.objects.exists() and not RankingSubject.objects.exists()

    address, data = sent_back(shown)
    assert client.post(address, data).status_code == 302
    assert figures() == FIGURES
    assert list(RankingPeriod.objects.values_list("as_of", "published_at")) == [
        (date(2024, 7, 1), None),
        (date(2025, 10, 1), None),
    ]


def test_pasted_period_that_is_stored_takes_its_place(client, steward):
    ranking = make_ranking()
    known = set(RankingSubject.objects.values_list("pk", flat=True))

    shown = paste(client, ranking, EXCEL)

    address, data = sent_back(shown)
    client.post(address, data)
    assert figures() == FIGURES
    assert RankingPeriod.objects.count() == 2
    assert known < set(RankingSubject.objects.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "There is nothing in the box."),
        ("안녕하세요", "Row 1: The headings of the series were not found"),
        (EXCEL.replace("GLM-4.6", "GLM-4.6\t덤"), "Row 3: “덤” stands in column 6"),
        (EXCEL.replace("2024년 7월", "2025년 10월"), "Two groups of columns speak of the period"),
        (EXCEL + "3위\t가\t나\t다\t라\n" * 500, "The grid has at most 300 rows"),
    ],
)
def test_table_that_cannot_be_read_is_told_at_the_box_which_keeps_it(client, steward, text, fault):
    ranking = make_ranking()

    response = paste(client, ranking, text)

    assert response.status_code == 200
    errors = response.context["form"].errors["text"]
    assert fault in errors[0]
    assert "덤" not in text or "덤" in response.context["form"]["text"].value()


def test_editor_sees_what_the_reading_left_out_beside_the_figures_and_beside_faults(
    client, steward
):
    marked = "[모형 순위 비교]\n" + EXCEL.replace("GLM-4.6", "GLM-4.6[주1]")

    shown = paste(client, make_ranking([]), marked)
    refused = paste(client, make_ranking(), marked.replace("메타", "메타\t덤"))

    for response in (shown, refused):
        page = response.content.decode()
        assert "Reference marks were left out of the table&#x27;s cells: [주1]" in page
        assert "Lines that are no part of the table were left out: [모형 순위 비교]" in page
    assert "This is what was read" in shown.content.decode()
    assert "Row 5: “Qwen3” stands in column 6" in refused.context["form"].errors["text"][0]


def test_text_is_read_where_the_copied_html_shows_pictures_of_the_figures(client, steward):
    pictures = HTML.replace("GLM-4.6", "<img src='a.png'>")

    shown = paste(client, make_ranking([]), EXCEL, html=pictures)

    assert "GLM-4.6" in data_of(shown.context["form"]).values()


def test_faults_of_pasted_figures_stand_at_their_cells(client, steward):
    shown = paste(client, make_ranking([]), EXCEL.replace("2위", "셋").replace("Qwen3", ""))

    faults = [text for _cell, text in shown.context["form"].faults]
    assert "2024년 7월, row 2, 순위: Enter a whole number." in faults
    assert any("2025년 10월, row 2: 대표 모델명 is empty." in fault for fault in faults)


def test_what_the_reading_left_out_stays_told_while_the_grid_has_faults(client, steward):
    shown = paste(client, make_ranking([]), EXCEL.replace("2위", "셋").replace("Qwen3", "Qwen[1]"))
    form = html.fromstring(shown.content.decode()).get_element_by_id("grid-form")

    sent = client.post(form.get("action"), dict(form.form_values()))

    assert sent.context["form"].errors
    for page in (shown, sent):
        (notes,) = html.fromstring(page.content.decode()).cssselect(".reading-notes")
        assert "[1]" in notes.text_content()


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.xlsx", b"PK\x03\x04"),
        SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0"),
        SimpleUploadedFile("a.exe", b"MZ"),
        SimpleUploadedFile("a.csv", b"x" * (2 * 1024**2 + 1)),
    ],
)
def test_file_that_is_no_table_is_told_at_its_field(client, steward, file):
    file.seek(0)

    response = client.post(paste_address(make_ranking()), {"text": "", "html": "", "file": file})

    assert response.status_code == 200 and response.context["form"].errors["file"]


@pytest.mark.parametrize("permissions", [[], ["articles.view_ranking"]])
def test_only_who_may_change_figures_pastes(client, permissions):
    client.force_login(make_staff(*permissions))

    assert client.get(paste_address(make_ranking())).status_code == 403
    assert paste(client, make_ranking(), EXCEL).status_code == 403


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=200) | st.text(alphabet="\t\n1위2순기업(국가)대표 모델명", max_size=200)
)
def test_wild_text_is_never_an_error_of_ours(client, steward, text):
    ranking = make_ranking()

    answers = [paste(client, ranking, text), paste(client, ranking, NEW_MONTH + text)]

    assert [answer.status_code for answer in answers] == [200, 200]


# A new period


def test_new_period_begins_with_last_months_names_and_next_months_date(client, steward):
    ranking = make_ranking()
    last = ranking.periods.last()

    form = client.get(grid_address(ranking, f"?periods={last.pk}&new=last")).context["form"]

    (period,) = form.new_periods
    assert (period.label, period.as_of) == ("2025년 11월", date(2025, 11, 1))
    row = [form[f"n1-r1-{name}"].value() for name in ("rank", "c0", "c1")]
    assert row == [1, "지푸 AI (중국)", ""]
    assert RankingPeriod.objects.count() == 2


def test_december_is_followed_by_january(client, steward):
    ranking = make_ranking([("2025년 12월", date(2025, 12, 1), [("구글", "미국", "G")])])

    form = client.get(grid_address(ranking, "?periods=&new=last")).context["form"]

    assert form.new_periods[0].label == "2026년 1월"


def new_period_data(client, ranking, **changes):
    form = client.get(grid_address(ranking, "?periods=&new=last")).context["form"]
    data = data_of(form)
    return data | {"n1-r1-c1": "GLM-5"} | changes


def test_new_period_is_made_when_it_is_saved(client, steward):
    ranking = make_ranking()

    answer = client.post(grid_address(ranking, "?periods="), new_period_data(client, ranking))

    new = RankingPeriod.objects.get(label="2025년 11월")
    assert answer["Location"].endswith(f"?periods={new.pk}")
    assert figures()[-1] == ("2025년 11월", 1, "지푸 AI (중국)", "GLM-5")
    assert RankingSubject.objects.count() == 3


@pytest.mark.parametrize(
    "head",
    [
        {"n1-label": ""},
        {"n1-as_of": ""},
        {"n1-as_of": "x"},
        {"n1-as_of": "0001-01-01"},
        {"n1-label": "2025년 10월"},
        {"n1-as_of": "2025-10-01"},
        {"n1-label": "가" * 51},
    ],
)
def test_new_period_that_cannot_be_is_refused_at_its_head(client, steward, head):
    ranking = make_ranking()

    response = client.post(
        grid_address(ranking, "?periods="), new_period_data(client, ranking, **head)
    )

    assert response.status_code == 200 and next(iter(head)) in response.context["form"].errors
    assert RankingPeriod.objects.count() == 2
    assert 'value="GLM-5"' in response.content.decode()


@pytest.mark.parametrize(
    "query", ["?periods=x,,9&new=7", "?new=-1", "?periods=1&new=²", "?new=last"]
)
def test_odd_addresses_of_the_grid_are_no_errors(client, steward, query):
    assert client.get(grid_address(make_ranking(), query)).status_code == 200
    assert client.get(grid_address(make_ranking([]), query)).status_code == 200


# Who a name is


def test_another_spelling_asks_who_it_is_and_makes_nobody(client, steward):
    ranking = make_ranking([])
    subject = RankingSubject.objects.create(name="알리바바", country="중국", slug="alibaba")
    shown = paste(client, ranking, NEW_MONTH + "1위\tAlibaba (중국)\tQwen3")

    page = shown.content.decode()
    assert "Who is “Alibaba”?" in page and "알리바바 (중국)" in page
    address, data = sent_back(shown)

    again = client.post(address, data)
    assert again.status_code == 200 and RankingSubject.objects.count() == 1

    client.post(address, data | {who_name("Alibaba"): "alibaba"})
    subject.refresh_from_db()
    assert RankingEntry.objects.get().subject == subject
    assert subject.aliases == ["Alibaba"]
    assert RankingEntry.objects.get().label == "Alibaba (중국)"


def test_another_spelling_may_be_somebody_else(client, steward):
    ranking = make_ranking([])
    RankingSubject.objects.create(name="알리바바", country="중국", slug="alibaba")
    address, data = sent_back(paste(client, ranking, NEW_MONTH + "1위\t알리바바그룹\tQwen3"))

    client.post(address, data | {who_name("알리바바그룹"): "new"})

    assert set(RankingSubject.objects.values_list("name", flat=True)) == {
        "알리바바",
        "알리바바그룹",
    }


def test_two_spellings_in_one_table_are_asked_about_too(client, steward):
    rows = "1위\t알리바바\tQwen3\n2위\tAlibaba\tQwen"

    shown = paste(client, make_ranking([]), NEW_MONTH + rows)

    assert "Who is “Alibaba”?" in shown.content.decode()


@pytest.mark.parametrize("answer", ["", "nobody", "google", "<b>"])
def test_an_answer_that_is_none_is_asked_again(client, steward, answer):
    ranking = make_ranking([])
    RankingSubject.objects.create(name="알리바바", country="중국", slug="alibaba")
    RankingSubject.objects.create(name="구글", country="미국", slug="google")
    address, data = sent_back(paste(client, ranking, NEW_MONTH + "1위\tAlibaba\tQwen3"))

    response = client.post(address, data | {who_name("Alibaba"): answer})

    assert response.status_code == 200 and not RankingEntry.objects.exists()


# A reason, once readers have seen the figures


def test_correction_of_public_figures_asks_for_its_reason_and_keeps_what_was_typed(client, steward):
    ranking = make_ranking()
    ranking.periods.update(published_at="2025-10-28T00:00Z")
    form = client.get(grid_address(ranking)).context["form"]
    july = ranking.periods.first()
    data = data_of(form)
    data |= {f"p{july.pk}-r1-c1": "Gemma 2"}

    refused = client.post(grid_address(ranking), data)
    assert "These figures are public: give a reason." in refused.content.decode()
    assert 'value="Gemma 2"' in refused.content.decode()

    client.post(grid_address(ranking), data | {"reason": "  표기 오류 "})
    correction = ranking.corrections.get()
    assert (correction.old, correction.new, correction.reason) == ("Gemma", "Gemma 2", "표기 오류")
    assert correction.corrected_by == steward


def test_grid_of_figures_nobody_has_seen_asks_for_no_reason(client, steward):
    assert 'name="reason"' not in client.get(grid_address(make_ranking())).content.decode()
