"""Draws are the same for ever, everywhere, and fair."""

import itertools
from collections import Counter

import pytest

from problems.draws import Draws


def test_the_stream_is_pinned():
    """These numbers may never change: every variant that was ever dealt stands on them."""
    draws = Draws("1.6", 1, 1)
    raw = [int(draws._bits.random_raw()) for _ in range(3)]
    assert raw == [16831727300214344189, 9748295893602379047, 17333738266375232305]
    draws = Draws("1.6", 1, 1)
    assert [draws.below(100) for _ in range(6)] == [89, 47, 5, 1, 90, 17]
    assert draws.shuffled("abcdef") == ["b", "c", "e", "f", "d", "a"]


@pytest.mark.parametrize("other", [("1.7", 1, 1), ("1.6", 2, 1), ("1.6", 1, 2)])
def test_problem_version_and_seed_each_give_another_stream(other):
    def some(name):
        draws = Draws(*name)
        return [draws.below(2**64) for _ in range(4)]

    assert some(("1.6", 1, 1)) == some(("1.6", 1, 1))
    assert some(("1.6", 1, 1)) != some(other)


def test_neighbouring_seeds_are_unrelated():
    firsts = [Draws("1.6", 1, seed).below(2) for seed in range(2000)]
    assert 900 < sum(firsts) < 1100
    changes = sum(a != b for a, b in itertools.pairwise(firsts))
    assert 900 < changes < 1100


def test_a_range_includes_both_ends_and_nothing_else():
    draws = Draws("test", 1, 1)
    assert {draws.integer(-2, 2) for _ in range(200)} == {-2, -1, 0, 1, 2}
    assert {draws.integer(5, 5) for _ in range(10)} == {5}


def test_every_number_is_equally_likely():
    draws = Draws("test", 1, 2)
    counts = Counter(draws.below(6) for _ in range(12_000))
    # Chi-square with 5 degrees of freedom stays below 20.5 with probability 0.999; the stream is fixed.
    assert sum((count - 2000) ** 2 / 2000 for count in counts.values()) < 20.5


def test_numbers_beyond_the_last_whole_multiple_are_drawn_again():
    """With 2⁶³ + 1 results nearly half of the raw numbers would favour the small ones; they are rejected."""
    n = 2**63 + 1
    draws, raw = Draws("test", 1, 3), Draws("test", 1, 3)
    expected = [number for number in (int(raw._bits.random_raw()) for _ in range(60)) if number < n]
    assert 20 < len(expected) < 40
    assert [draws.below(n) for _ in expected] == expected


def test_a_shuffle_reaches_every_order_equally_often():
    draws = Draws("test", 1, 4)
    counts = Counter("".join(draws.shuffled("abc")) for _ in range(6000))
    assert len(counts) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 20.5


def test_a_sample_takes_no_place_twice_and_leaves_the_items_alone():
    items = ["a", "a", "b", "c"]
    draws = Draws("test", 1, 5)
    for _ in range(50):
        sample = draws.sample(items, 3)
        assert len(sample) == 3
        assert not Counter(sample) - Counter(items)
    assert items == ["a", "a", "b", "c"]
    assert draws.choice(["only"]) == "only"
