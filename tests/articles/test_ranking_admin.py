from datetime import date

import pytest
from django.urls import reverse
from lxml import html

from articles.admin.rankings.grid_form import who_name
from articles.models import (
    PageVersion,
    Ranking,
    RankingEntry,
    RankingSubject,
)
from tests.factories import make_article, make_ranking, make_staff, make_subject, make_table
from tests.sent_forms import UNDRAWN, data_of

pytestmark = pytest.mark.django_db

STEWARD = [
    f"articles.{action}_{model}"
    for model in ("ranking", "rankingperiod", "rankingsubject")
    for action in ("add", "change", "delete", "view")
]


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def steward(client):
    user = make_staff(*STEWARD, "articles.view_rankingcorrection")
    client.force_login(user)
    return user


def grid_address(ranking, query=""):
    return reverse("admin:articles_ranking_grid", args=[ranking.pk]) + query


def filled_grid(client, ranking):
    """Return what the grid's page would send back as it stands."""
    return data_of(client.get(grid_address(ranking), **UNDRAWN).context["form"])


def cells(period, number, *values):
    """Return the fields of a row: its rank, its label and its one cell."""
    names = (f"p{period.pk}-r{number}-{name}" for name in ("rank", "c0", "c1"))
    return dict(zip(names, values, strict=True))


def stored(period):
    entries = RankingEntry.objects.filter(period=period)
    return [(entry.rank, entry.label, entry.cells["model"]) for entry in entries]


def errors_of(response):
    return [text for _cell, text in response.context["form"].faults]


# The grid as it is shown


def test_grid_shows_the_figures_with_blank_rows_below(client, steward):
    ranking = make_ranking()

    response = client.get(grid_address(ranking))

    content = response.content.decode()
    assert response.status_code == 200
    assert content.count('scope="colgroup"') == 2
    assert 'value="구글 (미국)"' in content
    assert content.count('<th scope="row">') == 10 + 2  # the row to copy, and the total


def test_grid_of_many_rows_has_five_blank_ones(client, steward):
    entries = [(f"이름 {number}", "", "M") for number in range(12)]
    ranking = make_ranking([("2025년", date(2025, 1, 1), entries)])

    response = client.get(grid_address(ranking))

    assert response.context["form"].row_count == 17


def test_every_cell_is_labelled_with_period_row_and_column(client, steward):
    ranking = make_ranking()

    content = client.get(grid_address(ranking)).content.decode()

    assert 'aria-label="2024년 7월, row 2, 대표 모델명"' in content
    assert 'aria-label="2025년 10월, row 10, 순위"' in content


def test_series_without_periods_asks_for_them_first(client, steward):
    ranking = make_ranking([])

    response = client.get(grid_address(ranking))

    assert "The series has no period yet." in response.content.decode()


def test_grid_shows_six_periods_at_once_and_leads_to_the_earlier_ones(client, steward):
    periods = [(f"{month}월", date(2025, month, 1), []) for month in range(1, 9)]
    ranking = make_ranking(periods)

    newest = client.get(grid_address(ranking))
    earlier = client.get(grid_address(ranking, "?page=2"))

    labels = [[p.label for p in page.context["form"].periods] for page in (newest, earlier)]
    assert labels == [["8월", "7월", "6월", "5월", "4월", "3월"], ["2월", "1월"]]
    assert "?page=2" in newest.content.decode()


def test_a_page_of_the_grid_that_is_none_is_the_newest(client, steward):
    ranking = make_ranking()

    for page in ["0", "3", "-1", "x", "²", ""]:
        response = client.get(grid_address(ranking, f"?page={page}"), **UNDRAWN)

        assert response.context["page"] == 1


def test_grid_costs_the_same_however_much_it_shows(client, steward, django_assert_num_queries):
    small = make_ranking([("2025년", date(2025, 1, 1), [])])
    large = make_ranking(
        [
            (f"{month}월", date(2025, month, 1), [(f"이름 {n}", "", "M") for n in range(20)])
            for month in range(1, 6)
        ]
    )
    client.get(grid_address(small))

    for ranking in (small, large):
        # Session, user, its app, two for permissions, savepoint twice, series, periods, entries,
        # subjects, the periods seen; a series without entries asks for no subjects.
        with django_assert_num_queries(12 if ranking == large else 11):
            client.get(grid_address(ranking))


# The grid as it is saved


def test_saving_an_untouched_grid_changes_nothing(client, steward):
    ranking = make_ranking()
    entries = list(RankingEntry.objects.values_list("pk", "label", "rank"))
    versions = list(PageVersion.objects.values_list("scope", "version"))

    response = client.post(grid_address(ranking), filled_grid(client, ranking))

    assert response.status_code == 302
    assert list(RankingEntry.objects.values_list("pk", "label", "rank")) == entries
    assert list(PageVersion.objects.values_list("scope", "version")) == versions


def test_typed_figures_are_saved_and_blank_rows_passed_over(client, steward):
    ranking = make_ranking()
    july, october = ranking.periods.all()
    data = filled_grid(client, ranking)
    data |= cells(october, 2, "", "", "") | cells(october, 4, "2", "메타 (미국)", "Llama 4")

    client.post(grid_address(ranking), data)

    assert stored(july) == [(1, "구글 (미국)", "Gemma"), (2, "메타 (미국)", "Llama 3")]
    assert stored(october) == [(1, "지푸 AI (중국)", "GLM-4.6"), (2, "메타 (미국)", "Llama 4")]
    assert list(october.entries.values_list("position", flat=True)) == [1, 2]


def test_emptied_row_takes_its_entry_away(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()

    client.post(grid_address(ranking), filled_grid(client, ranking) | cells(july, 1, "", "", ""))

    assert stored(july) == [(2, "메타 (미국)", "Llama 3")]


def test_same_rank_in_adjacent_rows_is_a_tie(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    data = filled_grid(client, ranking) | cells(july, 2, "1", "메타 (미국)", "Llama 3")

    client.post(grid_address(ranking), data | cells(july, 3, "3", "코히어 (캐나다)", "R"))

    assert list(july.entries.values_list("rank", "tied")) == [(1, True), (1, True), (3, False)]


def test_rank_may_be_typed_as_it_is_printed(client, steward):
    ranking = make_ranking()
    july, filled = ranking.periods.first(), filled_grid(client, ranking)

    for typed in ["3", " 3 ", "3.", "3위", "３"]:
        july.entries.filter(rank=3).delete()
        client.post(grid_address(ranking), filled | cells(july, 3, typed, "코히어", "R"))

        assert stored(july)[2] == (3, "코히어", "R")


def test_added_rows_are_read_as_far_as_the_page_says(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    data = filled_grid(client, ranking) | {"rows": "12"} | cells(july, 12, "3", "코히어", "R")

    client.post(grid_address(ranking), data)

    assert len(stored(july)) == 3


def test_a_number_of_rows_that_is_none_is_not_believed(client, steward):
    ranking = make_ranking()
    filled = filled_grid(client, ranking)

    for rows in ["", "x", "-5", "999999999999", "²", "0"]:
        response = client.post(grid_address(ranking), filled | {"rows": rows}, **UNDRAWN)

        assert response.status_code == 302


def test_new_figures_stand_on_every_page_that_shows_them(read, client, steward):
    ranking, article = make_ranking(), make_article()
    make_table(article, ranking)
    pages = [ranking.get_absolute_url(), article.get_absolute_url()]
    assert not [path for path in pages if "새 모형" in read(path).text]
    july = ranking.periods.first()

    client.post(
        grid_address(ranking),
        filled_grid(client, ranking)
        | cells(july, 1, "1", "구글 (미국)", "새 모형")
        | {"reason": "오기"},
    )

    assert [path for path in pages if "새 모형" in read(path).text] == pages


# What the grid refuses


IMPOSSIBLE_ROWS = [
    (("3", "코히어", ""), "2024년 7월, row 4: 대표 모델명 is empty."),
    (("3", "", "R"), "2024년 7월, row 4: 기업(국가) is empty."),
    (("", "코히어", "R"), "2024년 7월, row 4: 순위 is empty."),
    (("1", "코히어", "R"), "2024년 7월, row 4: the ranks are not in ascending order."),
    (("0", "코히어", "R"), "2024년 7월, row 4: the first rank is 1."),
    (("3", "메타 (미국)", "R"), "2024년 7월, row 4: 메타 (미국) stands twice."),
    (("셋", "코히어", "R"), "2024년 7월, row 4, 순위: Enter a whole number."),
    (
        ("99999999999999999999", "코히어", "R"),
        "2024년 7월, row 4, 순위: Ensure this value is less than or equal to 9999.",
    ),
    (
        ("3", "가" * 101, "R"),
        "2024년 7월, row 4: Ensure this value has at most 100 characters (it has 101).",
    ),
]


def test_impossible_row_is_told_with_its_place_and_nothing_is_saved(client, steward):
    ranking = make_ranking()
    july, october = ranking.periods.all()
    before = stored(july), stored(october)
    filled = filled_grid(client, ranking) | cells(october, 1, "1", "딥시크 (중국)", "R1")

    for typed, error in IMPOSSIBLE_ROWS:
        # A blank row above it does not change which row the message names.
        sent = filled | cells(july, 4, *typed)
        response = client.post(grid_address(ranking), sent, **UNDRAWN)

        assert response.status_code == 200
        assert error in errors_of(response)
        assert (stored(july), stored(october)) == before
        assert not RankingSubject.objects.filter(name="딥시크").exists()


def test_refused_grid_keeps_everything_typed_and_marks_the_cell(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    typed = cells(july, 11, "일", "<b>코히어</b>", "한글 R")
    data = filled_grid(client, ranking) | {"rows": "13"} | typed

    content = client.post(grid_address(ranking), data).content.decode()

    assert 'value="일"' in content
    assert 'value="&lt;b&gt;코히어&lt;/b&gt;"' in content
    assert 'value="한글 R"' in content
    assert content.count('<th scope="row">') == 13 + 2  # and the row to copy, and the total
    assert f'href="#id_p{july.pk}-r11-rank"' in content
    assert 'aria-invalid="true"' in content
    assert f'aria-describedby="id_p{july.pk}-r11-rank_error"' in content


def test_a_period_label_with_a_percent_sign_is_told_as_it_is(client, steward):
    ranking = make_ranking([("50%s", date(2025, 1, 1), [])])

    response = client.post(
        grid_address(ranking),
        filled_grid(client, ranking) | cells(ranking.periods.get(), 1, "1", "코히어", ""),
        **UNDRAWN,
    )

    assert errors_of(response) == ["50%s, row 1: 대표 모델명 is empty."]


def test_figures_that_somebody_else_changed_meanwhile_are_not_overwritten_unseen(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    mine = filled_grid(client, ranking) | cells(july, 1, "1", "구글 (미국)", "Mine")
    theirs = filled_grid(client, ranking) | cells(july, 1, "1", "구글 (미국)", "Theirs")
    client.post(grid_address(ranking), theirs)

    told = client.post(grid_address(ranking), mine)

    form = told.context["form"]
    (change,) = html.fromstring(told.content.decode()).cssselect(".edit-conflict dd")
    assert "Theirs" in change.text_content()
    assert stored(july)[0][2] == "Theirs"
    client.post(grid_address(ranking), data_of(form), **UNDRAWN)
    assert stored(july)[0][2] == "Theirs"
    client.post(grid_address(ranking), data_of(form) | {"replaces": form.conflict.digest})
    assert stored(july)[0][2] == "Mine"


def test_periods_that_two_fill_in_one_grid_are_both_saved(client, steward):
    ranking = make_ranking()
    july, october = ranking.periods.all()
    mine = filled_grid(client, ranking) | cells(july, 1, "1", "구글 (미국)", "Mine")
    theirs = filled_grid(client, ranking) | cells(october, 1, "1", "지푸 AI (중국)", "Theirs")
    client.post(grid_address(ranking), theirs)

    answer = client.post(grid_address(ranking), mine)

    assert answer.status_code == 302
    assert stored(july)[0][2] == "Mine" and stored(october)[0][2] == "Theirs"


def test_figures_typed_below_columns_that_somebody_else_has_moved_are_not_saved(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    mine = filled_grid(client, ranking) | cells(july, 1, "1", "구글 (미국)", "Mine")
    ranking.columns = [ranking.columns[0], {"key": "score", "heading": "점수"}, ranking.columns[1]]
    ranking.store()

    told = client.post(grid_address(ranking), mine, **UNDRAWN)

    assert told.context["form"].conflict
    assert stored(july)[0][2] != "Mine"


# Who a label speaks of


def told(response):
    return " ".join(map(str, response.context["messages"]))


def label_of_new_row(client, ranking, label):
    """Save `label` in a new row; return the undrawn page that answers, and the entry if any."""
    july = ranking.periods.first()
    data = filled_grid(client, ranking) | cells(july, 3, "3", label, "R")
    response = client.post(grid_address(ranking), data, follow=True, **UNDRAWN)
    return response, RankingEntry.objects.filter(period=july, rank=3).first()


def test_known_subject_is_found_by_name_label_and_other_spelling(client, steward):
    subject = make_subject("코히어", "캐나다")
    subject.aliases = ["Cohere"]
    subject.store()
    ranking = make_ranking()

    for label in ["코히어 (캐나다)", "코히어", "COHERE", "cohere (캐나다)", "코히어（캐나다）"]:
        RankingEntry.objects.filter(rank=3).delete()
        response, entry = label_of_new_row(client, ranking, label)

        assert entry.subject == subject
        assert entry.label == label
        assert "ranking subject:" not in told(response)


def test_subject_without_a_country_answers_to_a_label_with_one(client, steward):
    subject = make_subject("코히어")

    _response, entry = label_of_new_row(client, make_ranking(), "코히어 (캐나다)")

    assert entry.subject == subject


def test_same_name_in_another_country_is_another_subject_when_the_editor_says_so(client, steward):
    make_subject("코히어", "캐나다")
    ranking = make_ranking()

    _response, entry = label_of_new_row(client, ranking, "코히어 (영국)")
    assert entry is None
    july = ranking.periods.first()
    data = filled_grid(client, ranking) | cells(july, 3, "3", "코히어 (영국)", "R")
    client.post(grid_address(ranking), data | {who_name("코히어"): "new"})

    entry = RankingEntry.objects.get(period=july, rank=3)
    assert (entry.subject.name, entry.subject.country) == ("코히어", "영국")


def test_label_that_several_subjects_answer_to_is_refused(client, steward):
    make_subject("코히어", "캐나다")
    make_subject("코히어", "영국")

    response, entry = label_of_new_row(client, make_ranking(), "코히어")

    assert entry is None
    assert "“코히어” may be 코히어 (캐나다), 코히어 (영국)." in errors_of(response)[0]


def test_unknown_name_becomes_a_subject_and_the_page_says_so(client, steward):
    make_subject("다른 이름").slug = "새-회사"
    RankingSubject.objects.filter(name="다른 이름").update(slug="새-회사")

    response, entry = label_of_new_row(client, make_ranking(), "새 회사 (한국)")

    assert (entry.subject.name, entry.subject.country) == ("새 회사", "한국")
    assert entry.subject.slug == "새-회사-2"
    assert "is now a ranking subject: 새 회사 (한국)" in told(response)


def test_new_name_in_two_periods_is_one_subject(client, steward):
    ranking = make_ranking()
    july, october = ranking.periods.all()
    data = filled_grid(client, ranking) | cells(july, 3, "3", "새 회사 (한국)", "A")

    client.post(grid_address(ranking), data | cells(october, 2, "2", "새 회사", "B"))

    assert RankingSubject.objects.get(name="새 회사").entries.count() == 2


def test_label_that_stands_in_the_series_stays_with_its_subject(client, steward):
    ranking = make_ranking()
    RankingSubject.objects.filter(name="구글").update(name="Alphabet")
    july = ranking.periods.first()
    data = filled_grid(client, ranking) | cells(july, 1, "1", "구글 (미국)", "Gemma 3")

    client.post(grid_address(ranking), data)

    assert july.entries.get(rank=1).subject.name == "Alphabet"
    assert not RankingSubject.objects.filter(name="구글").exists()


# Who may do what


def test_grid_is_closed_to_staff_without_the_permission(client):
    ranking = make_ranking()

    for permissions in [[], ["articles.view_ranking"], ["articles.change_article"]]:
        client.force_login(make_staff(*permissions))

        assert client.get(grid_address(ranking)).status_code == 403
        assert client.post(grid_address(ranking), {}).status_code == 403


def test_grid_leads_a_visitor_to_the_sign_in(client):
    response = client.get(grid_address(make_ranking()))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


def test_grid_of_a_series_that_is_not_there_is_not_found(client, steward):
    assert client.get(reverse("admin:articles_ranking_grid", args=[999])).status_code == 404


def test_ledger_in_the_menu_is_only_read(client, steward):
    page = client.get(reverse("admin:index")).content.decode()

    assert reverse("admin:articles_rankingcorrection_changelist") in page
    assert reverse("admin:articles_rankingcorrection_add") not in page


def test_date_may_be_typed_as_the_site_prints_it(client, steward, settings):
    settings.LANGUAGE_CODE = "ko"
    ranking = make_ranking(periods=[])

    for typed in ["2024-07-01", "2024.07.01", "2024.7.1", "2024. 7. 1."]:
        ranking.periods.all().delete()
        send_series(client, ranking, [{"label": "새 시점", "as_of": typed}])

        assert ranking.periods.filter(label="새 시점", as_of=date(2024, 7, 1)).exists()


# The series


def series_data(ranking=None, periods=(), **fields):
    """Return what the page of a series sends; `periods` are its inline's rows."""
    data = {
        "title": "모델 선호도",
        "slug": "models",
        "rank_heading": "순위",
        "columns": "기업(국가)\nmodel = 대표 모델명",
        "periods-TOTAL_FORMS": len(periods),
        "periods-INITIAL_FORMS": sum("id" in period for period in periods),
        **fields,
    }
    for number, period in enumerate(periods):
        data |= {f"periods-{number}-{name}": value for name, value in period.items()}
    return data


def change_address(ranking):
    return reverse("admin:articles_ranking_change", args=[ranking.pk])


def send_series(client, ranking, periods=(), **fields):
    address = change_address(ranking)
    opened_with = client.get(address, **UNDRAWN).context["adminform"].form.opened_with
    data = series_data(ranking, periods, **fields) | {"opened_with": opened_with}
    return client.post(address, data, **UNDRAWN)


def test_series_is_entered_with_one_column_a_line(client, steward):
    period = {"label": "2025년 10월", "as_of": "2025-10-01"}

    client.post(reverse("admin:articles_ranking_add"), series_data(periods=[period]))

    ranking = Ranking.objects.get()
    assert ranking.columns == [
        {"key": "column_1", "heading": "기업(국가)"},
        {"key": "model", "heading": "대표 모델명"},
    ]
    assert ranking.periods.get().label == "2025년 10월"


KEPT_KEYS = [
    ("company = 기업\nmodel = 모델", ["company", "model"]),
    ("company=기업\nmodel=모델", ["company", "model"]),
    ("기업(국가)\n대표 모델명", ["company", "model"]),
    ("기업\nmodel = 새 제목", ["column_1", "model"]),
    (
        "Company\n대표 모델명\nModel\nOpen weights",
        ["company_2", "model", "model_2", "open_weights"],
    ),
    ("기업\n\n 대표 모델명 \n설명\n설명 둘", ["column_1", "model", "column_3", "column_4"]),
    ("기업\nmodel = 모델\n점수(R=1)", ["column_1", "model", "column_3"]),
]


def test_column_keeps_its_key_by_heading_or_gets_one(client, steward):
    for columns, keys in KEPT_KEYS:
        ranking = make_ranking()

        send_series(client, ranking, columns=columns, slug=ranking.slug)

        ranking.refresh_from_db()
        assert [column["key"] for column in ranking.columns] == keys


IMPOSSIBLE_COLUMNS = [
    ("", "This field is required."),
    ("Firma! = 기업", "“Firma!” cannot be a key"),
    ("company = 기업\nmodel = 모델\nmodel = 값", "Two columns have the same key."),
    ("company =\nmodel = 모델", "A column needs a heading."),
    ("company = 기업", "The column “대표 모델명” has figures, so it stays."),
    ("company = 기업\n모델", "write “model = heading”"),
]


def test_impossible_columns_are_refused_and_kept_as_typed(client, steward):
    ranking = make_ranking()
    before = Ranking.objects.values().get()

    for columns, error in IMPOSSIBLE_COLUMNS:
        form = send_series(client, ranking, columns=columns).context["adminform"].form

        assert error in " ".join(form.errors["columns"])
        assert form["columns"].value() == columns
        assert Ranking.objects.values().get() == before


def test_page_of_a_series_shows_columns_as_lines_and_leads_to_the_grid(client, steward):
    ranking = make_ranking()

    content = client.get(change_address(ranking)).content.decode()

    assert "company = 기업(국가)\nmodel = 대표 모델명" in content
    assert grid_address(ranking) in content


def test_changed_period_is_named_anew_by_the_articles_that_show_it(read, client, steward):
    ranking, article = make_ranking(), make_article()
    make_table(article, ranking)
    assert "2024.07" not in read(article.get_absolute_url()).text
    july, october = ranking.periods.all()
    rows = [
        {"id": july.pk, "ranking": ranking.pk, "label": "2024.07", "as_of": "2024-07-01"},
        {"id": october.pk, "ranking": ranking.pk, "label": "2025년 10월", "as_of": "2025-10-01"},
    ]

    send_series(client, ranking, periods=rows, reason="표기 통일")

    assert ranking.periods.first().label == "2024.07"
    assert "2024.07" in read(article.get_absolute_url()).text


def test_period_that_a_table_shows_is_not_deleted(client, steward):
    ranking, article = make_ranking(), make_article()
    make_table(article, ranking, caption="선호도 순위")
    july = ranking.periods.first()
    row = {"id": july.pk, "ranking": ranking.pk, "label": july.label, "as_of": july.as_of}

    response = send_series(client, ranking, periods=[row | {"DELETE": "on"}])

    (inline,) = response.context["inline_admin_formsets"]
    assert "“선호도 순위”" in str(inline.formset.errors) + str(inline.formset.non_form_errors())
    assert ranking.periods.filter(pk=july.pk).exists()


def test_period_that_no_table_shows_is_deleted_with_its_entries(client, steward):
    ranking = make_ranking()
    july = ranking.periods.first()
    row = {"id": july.pk, "ranking": ranking.pk, "label": july.label, "as_of": july.as_of}

    send_series(client, ranking, periods=[row | {"DELETE": "on"}])

    assert not ranking.periods.filter(pk=july.pk).exists()


def test_series_that_an_article_shows_is_not_deleted(client, steward):
    ranking = make_ranking()
    make_table(make_article(state="draft"), ranking, caption="선호도 순위")
    address = reverse("admin:articles_ranking_delete", args=[ranking.pk])

    page = client.get(address)
    client.post(address, {"post": "yes"}, **UNDRAWN)

    assert "선호도 순위" in page.content.decode()
    assert Ranking.objects.filter(pk=ranking.pk).exists()


def test_series_that_nobody_has_seen_is_deleted(client, steward):
    ranking = make_ranking()

    client.post(reverse("admin:articles_ranking_delete", args=[ranking.pk]), {"post": "yes"})

    assert not Ranking.objects.exists()


# Subjects


def test_other_spellings_of_a_subject_are_written_one_a_line(client, steward):
    data = {
        "name": "알리바바",
        "country": "중국",
        "slug": "alibaba",
        "aliases": " Alibaba \n\n阿里巴巴",
    }

    client.post(reverse("admin:articles_rankingsubject_add"), data)

    subject = RankingSubject.objects.get()
    assert subject.aliases == ["Alibaba", "阿里巴巴"]
    page = client.get(reverse("admin:articles_rankingsubject_change", args=[subject.pk]))
    assert "Alibaba\n阿里巴巴" in page.content.decode()


def test_subject_may_have_no_other_spelling(client, steward):
    data = {"name": "알리바바", "country": "", "slug": "alibaba", "aliases": ""}

    client.post(reverse("admin:articles_rankingsubject_add"), data)

    assert RankingSubject.objects.get().aliases == []


def test_ranked_subject_is_not_deleted(client, steward):
    make_ranking()
    subject = RankingSubject.objects.get(name="구글")

    client.post(reverse("admin:articles_rankingsubject_delete", args=[subject.pk]), {"post": "yes"})

    assert RankingSubject.objects.filter(pk=subject.pk).exists()


def test_period_that_another_editor_added_meanwhile_is_refused_in_words(client, steward):
    ranking = make_ranking()

    for period in (
        {"label": "2024년 7월", "as_of": "2031-01-01"},
        {"label": "새 시점", "as_of": "2024-07-01"},
    ):
        response = send_series(client, ranking, periods=[period])

        (inline,) = response.context["inline_admin_formsets"]
        assert response.status_code == 200
        assert inline.formset.errors != [{}] or inline.formset.non_form_errors()
        assert ranking.periods.count() == 2


def test_series_and_period_that_readers_have_seen_are_not_deleted(client, steward):
    ranking, unseen = make_ranking(), make_ranking()
    ranking.periods.update(published_at="2025-10-28T00:00Z")
    address = reverse("admin:articles_ranking_delete", args=[ranking.pk])
    action = {"action": "delete_selected", "_selected_action": [ranking.pk], "post": "yes"}

    answers = [
        client.post(address, {"post": "yes"}),
        client.post(reverse("admin:articles_ranking_changelist"), action),
    ]
    client.post(reverse("admin:articles_ranking_delete", args=[unseen.pk]), {"post": "yes"})

    assert [answer.status_code for answer in answers] == [403, 403]
    assert list(Ranking.objects.all()) == [ranking]


def test_every_field_of_a_period_has_a_name_of_its_own(client, steward):
    ranking = make_ranking()

    page = client.get(reverse("admin:articles_ranking_change", args=[ranking.pk]))

    form = html.fromstring(page.content)
    fields = form.xpath("//input[starts-with(@name, 'periods-0-') and @type != 'hidden']")
    assert {"periods-0-label", "periods-0-as_of"} <= {field.get("name") for field in fields}
    assert all(field.get("aria-label") for field in fields)


def test_who_may_only_look_reads_words_and_no_data(client):
    ranking = make_ranking()
    subject = RankingSubject.objects.create(name="지푸", slug="zhipu", aliases=["쯔푸", "Zhipu"])
    client.force_login(make_staff("articles.view_ranking", "articles.view_rankingsubject"))

    pages = [
        client.get(reverse(f"admin:articles_{name}_change", args=[key])).content.decode()
        for name, key in (("ranking", ranking.pk), ("rankingsubject", subject.pk))
    ]

    assert "기업(국가), 대표 모델명" in pages[0]
    assert "쯔푸, Zhipu" in pages[1]
    assert not any("&quot;key&quot;" in page or "[&quot;" in page for page in pages)
