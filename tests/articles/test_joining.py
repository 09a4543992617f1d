"""What two people have made of one thing: joined without losing a word of either."""

from collections import Counter
from dataclasses import fields, is_dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from articles.bundle.data import ArticleData, IssueData, IssueItemData, ReferenceData, TableData
from articles.content import word_diff
from articles.desk.joining import MINE, THEIRS, Worded, join, own_changes

BASE = ArticleData(uid="a", title="열린 모형", body="첫째\n\n둘째\n\n셋째")
ONE = ReferenceData("첫 보고서", "통계청", "https://example.org/1")
TWO = ReferenceData("둘째 보고서", "통계청", "https://example.org/2")
NEW = ReferenceData("새 보고서")


def words(value):
    """Return how often each word stands in data, wherever it does."""
    match value:
        case None | bool() | int():
            return Counter()
        case dict() | tuple() | list():
            values = value.values() if isinstance(value, dict) else value
            return sum(map(words, values), Counter())
    if is_dataclass(value):
        return sum((words(getattr(value, each.name)) for each in fields(value)), Counter())
    return Counter(str(value).split())


def check_no_word_is_lost(base, theirs, mine):
    joined = join(base, theirs, mine)

    found = words(joined.data)
    for clash in joined.clashes:
        found += words(clash.theirs) + words(clash.mine)
    for side in (theirs, mine):
        assert not (words(side) - words(base)).keys() - found.keys()
    return joined


WORDS = st.sampled_from(["가", "나", "다", "라", "마", "바"])
LINES = st.lists(WORDS, max_size=3).map(" ".join)
TEXTS = st.lists(LINES, max_size=9).map("\n".join)
REFERENCES = st.lists(
    st.builds(ReferenceData, WORDS, WORDS, st.sampled_from(["", "https://a.kr", "https://b.kr"])),
    max_size=4,
).map(tuple)
TABLES = st.lists(st.builds(TableData, WORDS, WORDS, caption=LINES), max_size=3).map(tuple)
TAGS = st.sets(WORDS).map(sorted).map(tuple)
ARTICLES = st.builds(
    ArticleData,
    st.just("a"),
    LINES,
    tags=TAGS,
    summary=TEXTS,
    references=REFERENCES,
    tables=TABLES,
    body=TEXTS,
)
ITEMS = st.lists(st.builds(IssueItemData, WORDS, WORDS, TEXTS), max_size=4).map(tuple)
ISSUES = st.builds(IssueData, st.just("2025-10"), LINES, items=ITEMS)


@given(ARTICLES, ARTICLES, ARTICLES)
def test_every_word_that_either_has_added_is_joined_or_shown(base, theirs, mine):
    check_no_word_is_lost(base, theirs, mine)


@given(ISSUES, ISSUES, ISSUES)
def test_every_word_of_a_months_items_is_joined_or_shown(base, theirs, mine):
    check_no_word_is_lost(base, theirs, mine)


@given(ARTICLES, ARTICLES)
def test_what_one_alone_has_changed_is_taken_as_it_is(base, changed):
    for joined in (join(base, changed, base), join(base, base, changed)):
        assert joined.data == changed
        assert not joined.clashes


@st.composite
def separate_edits(draw):
    """Return a text's lines, and {place: lines instead of it} of two who keep a line apart."""
    lines = [f"{number}째 줄" for number in range(draw(st.integers(1, 12)))]
    edits, last = ({}, {}), None
    for place in range(len(lines)):
        who = draw(st.sampled_from([0, 1, None]))
        if who is None or (last and last[0] != who and place - last[1] < 2):
            continue
        new = [f"{who}이 쓴 {place}째 줄 {number}" for number in range(draw(st.integers(0, 2)))]
        edits[who][place] = [*new, lines[place]] if draw(st.booleans()) else new
        last = (who, place)
    return lines, *edits


def edited(lines, *edits):
    chosen = {place: lines for edit in edits for place, lines in edit.items()}
    return "\n".join(each for place, line in enumerate(lines) for each in chosen.get(place, [line]))


@given(separate_edits())
def test_edits_that_do_not_touch_are_both_made(made):
    lines, first, second = made
    base, theirs, mine = (
        replace(BASE, body=edited(lines, *edits)) for edits in ((), (first,), (second,))
    )

    joined = check_no_word_is_lost(base, theirs, mine)

    assert not joined.clashes
    assert joined.data.body == edited(lines, first, second)
    assert join(base, mine, theirs).data == joined.data


@given(ARTICLES, ARTICLES, ARTICLES, st.sampled_from([THEIRS, MINE, Worded("손으로 쓴 말")]))
def test_each_clash_is_settled_by_its_answer(base, theirs, mine, answer):
    clashes = join(base, theirs, mine).clashes

    settled = join(base, theirs, mine, {clash.name: answer for clash in clashes if clash.is_worded})

    assert settled.clashes == clashes
    assert len({clash.name for clash in clashes}) == len(clashes)
    if isinstance(answer, Worded):
        count = sum(clash.is_worded for clash in clashes)
        assert words(settled.data)["손으로"] == count


def test_line_that_both_have_changed_is_asked_about_and_the_rest_is_joined():
    theirs = replace(BASE, title="남의 제목", body="첫째\n\n남의 둘째\n\n셋째\n\n넷째")
    mine = replace(BASE, kicker="[10월]", body="나의 첫째\n\n나의 둘째\n\n셋째")

    joined = join(BASE, theirs, mine)

    (clash,) = joined.clashes
    assert (clash.base, clash.theirs, clash.mine) == ("둘째", "남의 둘째", "나의 둘째")
    assert (joined.data.title, joined.data.kicker) == ("남의 제목", "[10월]")
    body = "나의 첫째\n\n{}\n\n셋째\n\n넷째"
    for answer, line in [
        (MINE, "나의 둘째"),
        (THEIRS, "남의 둘째"),
        (Worded(clash.both), "남의 둘째\n나의 둘째"),
    ]:
        assert join(BASE, theirs, mine, {clash.name: answer}).data.body == body.format(line)


def joined_references(base, theirs, mine, **answers):
    sides = (replace(BASE, references=rows) for rows in (base, theirs, mine))
    joined = join(*sides)
    return joined.data.references, [(each.path, each.theirs, each.mine) for each in joined.clashes]


def test_rows_are_joined_by_what_they_are_known_by():
    mine = (replace(ONE, publisher="한국은행"), TWO)
    theirs = (NEW, replace(ONE, title="고친 보고서"))

    rows, clashes = joined_references((ONE, TWO), theirs, mine)

    assert rows == (NEW, replace(ONE, title="고친 보고서", publisher="한국은행"))
    assert not clashes


def test_row_that_one_has_deleted_and_the_other_changed_is_asked_about():
    changed = replace(TWO, publisher="한국은행")

    rows, clashes = joined_references((ONE, TWO), (ONE,), (ONE, changed))

    assert rows == (ONE, changed)
    assert clashes == [(("references", TWO.url), None, changed)]


def test_row_keeps_its_identity_when_it_loses_what_it_was_known_by():
    item = IssueItemData("정책", "새 전략", "- 첫째")
    base = IssueData("2025-10", "이달", items=(item,))
    theirs = replace(base, items=(replace(item, headline="고친 전략"),))
    mine = replace(base, items=(replace(item, body="- 첫째\n- 둘째"),))

    joined = join(base, theirs, mine)

    assert joined.data.items == (IssueItemData("정책", "고친 전략", "- 첫째\n- 둘째"),)
    assert not joined.clashes


def test_tags_are_joined_without_a_question():
    sides = (replace(BASE, tags=tags) for tags in (("가", "나"), ("나", "다"), ("가", "나", "라")))

    assert join(*sides).data.tags == ("나", "다", "라")


def test_order_is_mine_where_i_have_moved_a_row():
    rows, _clashes = joined_references((ONE, TWO), (ONE, TWO, NEW), (TWO, ONE))

    assert rows == (TWO, NEW, ONE)


def test_what_my_form_did_not_show_is_no_change_of_mine():
    base = replace(BASE, references=(ONE,))
    theirs = replace(base, kogl="type2", references=(ONE, NEW))
    saved_over = replace(theirs, title="나의 제목", references=(replace(ONE, title="고침"), NEW))

    mine = own_changes(base, theirs, saved_over)

    assert mine == replace(base, title="나의 제목", references=(replace(ONE, title="고침"),))


def test_texts_that_are_hard_to_compare_are_joined_all_the_same(monkeypatch):
    monkeypatch.setattr(word_diff, "MAX_SECONDS_OF_LINES", 0.05)
    base, theirs, mine = (
        replace(BASE, body="\n".join(f"{number * step % 7}" for number in range(25_000)))
        for step in (1, 3, 5)
    )

    check_no_word_is_lost(base, theirs, mine)
