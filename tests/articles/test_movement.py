import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.rankings.movement import Kind, Move, compare, draw

# The sample's real table.
JULY = {"구글": 1, "엔비디아": 2, "메타": 3, "코히어": 4, "알리바바": 5}
OCTOBER = {"지푸 AI": 1, "알리바바": 2, "딥시크": 3, "문샷 AI": 4, "메이퇀": 5}

ranks = st.dictionaries(st.sampled_from("가나다라마바사아"), st.integers(1, 9), max_size=8)


def test_the_samples_table_moves_as_counted_by_hand():
    first, second = compare([JULY, OCTOBER])

    assert first.moves == {} and first.with_period is None
    assert second.moves == {
        "알리바바": Move(Kind.UP, 3),
        **dict.fromkeys(["지푸 AI", "딥시크", "문샷 AI", "메이퇀"], Move(Kind.NEW)),
    }
    assert second.gone == ("구글", "엔비디아", "메타", "코히어")


@pytest.mark.parametrize(
    ("periods", "moves"),
    [
        ([{"가": 1}, {"가": 1}], {"가": Move(Kind.SAME)}),
        ([{"가": 1}, {"가": 4}], {"가": Move(Kind.DOWN, 3)}),
        ([{"가": 2}, {"나": 1}, {"가": 1}], {"가": Move(Kind.RETURNED)}),
        # A tie of two is one rank.
        (
            [{"가": 1, "나": 1}, {"가": 1, "나": 2}],
            {"가": Move(Kind.SAME), "나": Move(Kind.DOWN, 1)},
        ),
        # A period without figures is a gap, not a departure.
        ([{"가": 2}, {}, {"가": 1}], {"가": Move(Kind.UP, 1)}),
        ([{}, {"가": 1}], {}),
        ([{"가": 1}, {}], {}),
        ([{"가": 1}, {"가": 1, "나": 120}], {"가": Move(Kind.SAME), "나": Move(Kind.NEW)}),
    ],
)
def test_newest_period_moves(periods, moves):
    assert compare(periods)[-1].moves == moves


@given(st.lists(ranks, max_size=6))
def test_moves_and_departures_lead_from_one_period_to_the_next(periods):
    comparisons = compare(periods)

    assert len(comparisons) == len(periods)
    for number, (now, comparison) in enumerate(zip(periods, comparisons, strict=True)):
        if comparison.with_period is None:
            assert not comparison.moves and not comparison.gone
            assert not now or not any(periods[:number])
            continue
        before = periods[comparison.with_period]
        assert before and not any(periods[comparison.with_period + 1 : number])
        assert comparison.moves.keys() == now.keys()
        assert set(comparison.gone) == before.keys() - now.keys()
        for who, move in comparison.moves.items():
            signed = {Kind.UP: move.steps, Kind.DOWN: -move.steps, Kind.SAME: 0}
            if who in before:
                assert now[who] == before[who] - signed[move.kind]
                assert (move.steps > 0) == (move.kind is not Kind.SAME)
            else:
                was_there = any(who in earlier for earlier in periods[:number])
                assert move == Move(Kind.RETURNED if was_there else Kind.NEW)


@pytest.mark.parametrize(
    ("move", "shape", "words"),
    [
        (Move(Kind.UP, 3), "▲3", "3계단 상승"),
        (Move(Kind.DOWN, 12), "▼12", "12계단 하락"),
        (Move(Kind.SAME), "", "유지"),
        (Move(Kind.NEW), "", "신규"),
        (Move(Kind.RETURNED), "", "재진입"),
    ],
)
def test_a_move_is_told_by_shape_and_in_words(move, shape, words):
    html = draw(move)

    assert words in html
    assert not shape or f'aria-hidden="true">{shape}<' in html


def test_no_move_draws_nothing():
    assert draw(None) == ""
