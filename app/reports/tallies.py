"""What the students' attempts show at each item, added up from the tallies that are kept with their grades.

One scan of the grades of an assignment, which are one row a student and item; no attempt is read. Only what students of
the course have submitted is counted, never what somebody submitted who has left it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.grade_queries import GRADES
from app.attempts.tally import Counts, VariantTally, read_variants
from app.reports.marks import FETCHED
from app.reports.subject import COMPARED, Subject, students

PAUSE = 30 * 60
"""Seconds. Who submits nothing for longer has not been working on one item all the while."""


@dataclass(frozen=True, slots=True)
class MistakeCount:
    """How often answers to a field of an item were explained by one known mistake, and by how many students."""

    field: str
    mistake: str
    attempts: int
    students: int


@dataclass(frozen=True, slots=True)
class OptionCount:
    """How often an option of a variant was chosen; of several options each counts by itself."""

    field: str
    option: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCounts:
    """The attempts at one variant; the most frequent mistake comes first."""

    attempts: int
    mistakes: Sequence[MistakeCount]
    options: Sequence[OptionCount]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTally:
    """All attempts at one item.

    until_right: how many students were right with their first, second, … attempt, by its number.
    variants: by their rows, where students share variants (`COMPARED`); else empty.
    dealt: the variant that each student answered last, under the same condition.
    """

    attempts: int = 0
    until_right: Mapping[int, int]
    median_seconds: float | None
    mistakes: Sequence[MistakeCount]
    variants: Mapping[int, VariantCounts]
    dealt: Mapping[str, int]


Stored: TypeAlias = tuple[str, int | None, str, str]
"""Of one grade: the person, and the columns of `app.attempts.tally.Tally`."""


def tallies_of(session: Session, subject: Subject) -> dict[str, ItemTally]:
    """The tally of each item, by its id."""
    rows = _rows(session, subject)
    return {item.id: _add_up(rows.get(item.id, ()), compared=item.seed_mode in COMPARED) for item in subject.items}


def _rows(session: Session, subject: Subject) -> dict[str, list[Stored]]:
    enrolled = set(session.scalars(students(subject)))
    grades = GRADES.columns
    columns = (grades.item_id, grades.person_id, grades.first_right, grades.tally, grades.seconds)
    query = select(*columns).where(grades.item_id.in_(subject.columns))
    found: dict[str, list[Stored]] = defaultdict(list)
    for item, person, first, text, seconds in session.execute(query.execution_options(yield_per=FETCHED)):
        if person in enrolled:
            found[item].append((person, first, text, seconds))
    return found


def _add_up(rows: Sequence[Stored], *, compared: bool) -> ItemTally:
    # Most texts are equal, so each is read once and counts as often as it stands there.
    kinds = Counter(text for _, _, text, _ in rows)
    read = {text: read_variants(text) for text in kinds}
    everything = [(each, kinds[text]) for text, variants in read.items() for each in variants]
    return ItemTally(
        attempts=sum(each.attempts * times for each, times in everything),
        until_right=dict(sorted(Counter(first for _, first, _, _ in rows if first is not None).items())),
        median_seconds=_median(seconds for _, _, _, seconds in rows),
        mistakes=_mistakes((_merged(variants), kinds[text]) for text, variants in read.items()),
        variants=_by_variant(everything) if compared else {},
        dealt={person: read[text][-1].variant for person, _, text, _ in rows if read[text]} if compared else {},
    )


def _median(times: Iterable[str]) -> float | None:
    # The lists joined to one: reading two hundred thousand texts one by one would take ten times as long.
    joined = ",".join(text for each in times if (text := each[1:-1]))
    short = [each for each in orjson.loads(f"[{joined}]") if each <= PAUSE]
    return median(short) if short else None


def _merged(variants: Iterable[VariantTally]) -> Counts:
    """The mistakes of one student, whichever variants they were made at."""
    merged: Counts = {}
    for variant in variants:
        for field, counts in variant.mistakes.items():
            mine = merged.setdefault(field, {})
            for mistake, attempts in counts.items():
                mine[mistake] = mine.get(mistake, 0) + attempts
    return merged


def _mistakes(students: Iterable[tuple[Counts, int]]) -> list[MistakeCount]:
    """From the mistakes of single students, each with the number of students to whom the same happened."""
    attempts: Counter[tuple[str, str]] = Counter()
    people: Counter[tuple[str, str]] = Counter()
    for counts, times in students:
        for place, count in _flat(counts):
            attempts[place] += count * times
            people[place] += times
    found = [MistakeCount(*place, count, people[place]) for place, count in attempts.items()]
    return sorted(found, key=lambda count: (-count.attempts, count.field, count.mistake))


def _by_variant(everything: Iterable[tuple[VariantTally, int]]) -> dict[int, VariantCounts]:
    groups: dict[int, list[tuple[VariantTally, int]]] = defaultdict(list)
    for each, times in everything:
        groups[each.variant].append((each, times))
    return {variant: _of_variant(group) for variant, group in groups.items()}


def _of_variant(group: Sequence[tuple[VariantTally, int]]) -> VariantCounts:
    chosen: Counter[tuple[str, str]] = Counter()
    for each, times in group:
        for place, count in _flat(each.options):
            chosen[place] += count * times
    return VariantCounts(
        attempts=sum(each.attempts * times for each, times in group),
        mistakes=_mistakes((each.mistakes, times) for each, times in group),
        options=[OptionCount(*place, count) for place, count in sorted(chosen.items())],
    )


def _flat(counts: Counts) -> Iterator[tuple[tuple[str, str], int]]:
    for field, each in counts.items():
        for name, count in each.items():
            yield (field, name), count
