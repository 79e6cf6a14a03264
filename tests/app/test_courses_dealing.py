"""Seeds: the same again for the same person, spread over all that may be dealt, and of no use to guess from."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.courses.dealing import seed_for
from problems.draws import MAX_SEED


@dataclass(frozen=True)
class Sheet:
    seed_secret: bytes = b"\x07" * 32


@dataclass(frozen=True)
class Asked:
    seed_mode: str
    id: str = "item"
    seed: int | None = None
    pool: list[int] | None = field(default=None)


PEOPLE = [f"person {number}" for number in range(2000)]


@given(st.binary(min_size=32, max_size=32), st.text(), st.text(), st.sampled_from(["per-student", "shared"]))
def test_seeds_are_variants_and_never_the_printed_exercise(secret, item, person, mode):
    seed = seed_for(Sheet(secret), Asked(mode, item), person)
    assert 1 <= seed <= MAX_SEED
    assert seed == seed_for(Sheet(secret), Asked(mode, item), person)


def test_each_person_has_an_own_seed_for_each_item():
    items = [Asked("per-student", "first"), Asked("per-student", "second")]
    assert len({seed_for(Sheet(), item, person) for item in items for person in PEOPLE}) == 4000


def test_another_secret_deals_anew():
    assert seed_for(Sheet(b"a" * 32), Asked("per-student"), "p") != seed_for(
        Sheet(b"b" * 32), Asked("per-student"), "p"
    )


def test_seeds_spread_over_the_whole_range():
    """Of 2000 in ten equal parts, each holds 200 ± 60, which is more than four standard deviations."""
    parts = Counter(seed_for(Sheet(), Asked("per-student"), person) * 10 // (MAX_SEED + 1) for person in PEOPLE)
    assert sorted(parts) == list(range(10))
    assert all(140 < size < 260 for size in parts.values())


def test_a_shared_seed_is_the_same_for_all_and_another_for_each_item():
    assert len({seed_for(Sheet(), Asked("shared"), person) for person in PEOPLE}) == 1
    assert seed_for(Sheet(), Asked("shared", "first"), "p") != seed_for(Sheet(), Asked("shared", "second"), "p")


def test_a_pool_is_used_in_equal_parts():
    parts = Counter(seed_for(Sheet(), Asked("pool", pool=[3, 14, 15, 92]), person) for person in PEOPLE)
    assert set(parts) == {3, 14, 15, 92}
    assert all(400 < size < 600 for size in parts.values())


@pytest.mark.parametrize("seed", [0, 42])
def test_a_fixed_seed_is_dealt_as_it_is(seed):
    assert seed_for(Sheet(), Asked("fixed", seed=seed), "p") == seed


def test_a_known_seed_stays_what_it_was():
    """Another derivation would move everybody's exercise in a running course."""
    assert seed_for(Sheet(), Asked("per-student"), "person") == 2036028990229647


@pytest.mark.parametrize("item", [Asked("fixed"), Asked("pool"), Asked("pool", pool=[]), Asked("no mode")])
def test_an_item_without_what_its_mode_needs(item):
    with pytest.raises(ValueError, match="deals no seed"):
        seed_for(Sheet(), item, "p")
