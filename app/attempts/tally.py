"""What a student's attempts at an item tell besides points: mistakes, options, times, the first that was right.

Reports add these tallies up, one a student and item, instead of counting every attempt again. They are kept in the rows
of grades and derived with them, in the same transaction, by the one pure function below: a regrade, its undoing and a
rebuilding make the same tally of the same attempts and scores.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

Counts: TypeAlias = dict[str, dict[str, int]]
"""By field, how many attempts show each mistake, or chose each option."""


@dataclass(frozen=True, slots=True)
class Graded:
    """What an attempt shows: `fields` is that of its newest score, `correct` None while it could not be graded.

    `seconds` is the time since the student's attempt before it in the assignment, None for the first.
    """

    variant: int
    form: str
    correct: bool | None = None
    fields: Sequence[Mapping[str, Any]] = ()
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class VariantTally:
    """The attempts at one variant: their number, mistakes of those that are not right, and the options chosen."""

    variant: int
    attempts: int
    mistakes: Counts
    options: Counts


@dataclass(frozen=True, slots=True)
class Tally:
    """The attempts of one student at one item.

    first_right: the number of the first attempt that is right; None where none is.
    variants: nearly always one; the one that was answered last comes last.
    seconds: the times of the attempts that have one, in the order of the attempts.
    """

    first_right: int | None
    variants: tuple[VariantTally, ...]
    seconds: tuple[int, ...]

    def as_row(self) -> dict[str, Any]:
        """Columns of `grades`, short: there is a row for every student and item."""
        variants = [[each.variant, each.attempts, each.mistakes, each.options] for each in self.variants]
        return {
            "first_right": self.first_right,
            "tally": orjson.dumps(variants, option=orjson.OPT_SORT_KEYS).decode(),
            "seconds": orjson.dumps(self.seconds).decode(),
        }


def read_variants(text: str) -> tuple[VariantTally, ...]:
    """What is stored in the column `tally`."""
    return tuple(VariantTally(*each) for each in orjson.loads(text))


def tally(attempts: Sequence[Graded]) -> Tally:
    """The tally of these attempts, given in the order of their numbers, which count from 1."""
    groups: dict[int, list[Graded]] = {}
    for each in attempts:
        groups[each.variant] = [*groups.pop(each.variant, []), each]
    return Tally(
        next((number for number, each in enumerate(attempts, start=1) if each.correct), None),
        tuple(_tally_variant(variant, group) for variant, group in groups.items()),
        tuple(each.seconds for each in attempts if each.seconds is not None),
    )


def _tally_variant(variant: int, attempts: Sequence[Graded]) -> VariantTally:
    mistakes: dict[str, Counter[str]] = defaultdict(Counter)
    options: dict[str, Counter[str]] = defaultdict(Counter)
    for each in attempts:
        for field in each.fields:
            if not each.correct and field.get("mistake") is not None:
                mistakes[field["name"]][field["mistake"]] += 1
            if each.form == "choice":
                for option in options_of(field):
                    options[field["name"]][option] += 1
    return VariantTally(variant, len(attempts), _plain(mistakes), _plain(options))


def options_of(field: Mapping[str, Any]) -> list[str]:
    """The options that were chosen: `read_as` holds one id, or several with commas between them."""
    return [option for option in str(field["read_as"]).replace(" ", "").split(",") if option]


def _plain(counts: Mapping[str, Mapping[str, int]]) -> Counts:
    return {field: dict(each) for field, each in counts.items()}
