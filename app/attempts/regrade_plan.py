"""What a regrade would change, computed without changing anything: the dry run, and the work list of the real one.

Other settings leave most attempts as they are: a new key for one variant concerns the answers to this variant, new
points concern no attempt at all. Only attempts whose score can differ are graded again, and only those whose result
does differ get a new score.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session, aliased

from app.attempts.counting import Outcome
from app.attempts.grade_queries import Arrival, arrival_of, overrides_of, share_of
from app.attempts.grades import Marking, derive, marking_of, rules_of
from app.attempts.item_settings import ItemSettings, settings_of
from app.attempts.models import Attempt, Score, Variant
from app.attempts.rescoring import Rescoring
from app.courses.models import Assignment, Item


@dataclass(frozen=True, slots=True)
class StudentChange:
    """One student's grade at the item, before and after, in points; None where there is none."""

    person_id: str
    before: float | None
    after: float | None
    attempts: tuple[tuple[str, int, float | None, float | None], ...] = ()
    """The attempts that are scored anew: id, number, share before, share after."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A regrade, thought through.

    `rows` are new scores by attempt. `recomputed` counts the attempts that were graded again, `failed` those that could
    not be, which stay without a score. `restores` is the revision whose scores count again, where it undoes one.
    """

    marking: Marking
    before: ItemSettings
    after: ItemSettings
    restores: int | None
    answered: int
    recomputed: int
    failed: int
    rows: Mapping[str, dict[str, Any]]
    changes: Sequence[StudentChange]
    touched: frozenset[str]
    """Whose row of grades becomes another, be it only by the attempt that counts, or by what its tally tells."""
    rows_of: Mapping[str, Sequence[str]]
    """The attempts with new scores, by person."""
    everybody: frozenset[str]
    """Who has a grade at the item, before or after."""
    newest: str
    """The newest attempt that was looked at."""

    @cached_property
    def digest(self) -> str:
        """The same for plans that change the same in the same way."""
        content = [
            self.marking.item.id,
            self.marking.item.revision,
            self.after.as_json(),
            [[each.person_id, each.before, each.after] for each in self.changes],
        ]
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def summary(self) -> dict[str, Any]:
        """What is kept of it: how much it changed, and whose grades from what to what."""
        return {
            "answered": self.answered,
            "recomputed": self.recomputed,
            "rescored": len(self.rows),
            "failed": self.failed,
            "students": len(self.changes),
            "changes": [[each.person_id, each.before, each.after] for each in self.changes],
        }


def make_plan(
    session: Session,
    item_id: str,
    after: ItemSettings | None,
    now: datetime,
    *,
    restores: int | None = None,
    before: ItemSettings | None = None,
) -> Plan:
    """The plan of marking the item by the settings `after`; None stands for those in force.

    With the same settings as before, every attempt is graded again, by the exercise as the program has it now.
    `restores` is a revision whose scores are taken again where an attempt has them. `before` says by which settings
    the scores were made, where these are not in force any more.

    Raises:
        InvalidRequestError: the settings can't be used; every fault has its place.

    """
    item = session.get_one(Item, item_id)
    assignment = session.get_one(Assignment, item.assignment_id)
    old = before or settings_of(item, assignment)
    new = after or old
    found = session.execute(_attempts(item_id)).all()
    work = Rescoring(session, item, old, new, now, restores)
    work.check([row.seed for row in found])
    for _, group in groupby(found, key=lambda row: row.variant_id):
        work.take(list(group))
    marking = marking_of(session, item, assignment, settings=new)
    arrivals, overrides = _arrivals(found), overrides_of(session, item_id)
    rows_of = {person: [each.id for each in mine if each.id in work.rows] for person, mine in arrivals.items()}
    rescored = {person: [_rescored(each, work.rows) for each in mine] for person, mine in arrivals.items()}
    everybody = arrivals.keys() | overrides.keys()
    if "full" in {old.award, new.award}:
        everybody |= marking.students
    marking_before = replace(marking, rules=rules_of(old, assignment))
    grades_before = derive(marking_before, arrivals, overrides, everybody)
    grades_after = derive(marking, rescored, overrides, everybody)
    return Plan(
        marking=marking,
        before=old,
        after=new,
        restores=restores,
        answered=len(found),
        recomputed=work.recomputed,
        failed=work.failed,
        rows=work.rows,
        changes=list(_changes(grades_before, grades_after, arrivals, work.rows)),
        touched=frozenset(
            person for person in everybody if rows_of.get(person) or grades_before[person] != grades_after[person]
        ),
        rows_of={person: mine for person, mine in rows_of.items() if mine},
        everybody=frozenset(everybody),
        newest=max((row.id for row in found), default=""),
    )


def _arrivals(found: Sequence[Row[Any]]) -> dict[str, list[Arrival]]:
    """The attempts of each person, in the order of their numbers."""
    arrivals: dict[str, list[Arrival]] = {}
    for row in sorted(found, key=lambda row: row.number):
        arrivals.setdefault(row.person_id, []).append(arrival_of(row))
    return arrivals


def _rescored(arrival: Arrival, rows: Mapping[str, dict[str, Any]]) -> Arrival:
    row = rows.get(arrival.id)
    return arrival if row is None else replace(arrival, share=share_of(row["score"], row["max_score"]))


def _changes(
    before: Mapping[str, Outcome | None],
    after: Mapping[str, Outcome | None],
    arrivals: Mapping[str, Sequence[Arrival]],
    rows: Mapping[str, dict[str, Any]],
) -> Iterator[StudentChange]:
    for person in sorted(before):
        old, new = _score(before[person]), _score(after[person])
        if old != new:
            attempts = tuple(
                (each.id, each.number, each.share, _rescored(each, rows).share)
                for each in arrivals.get(person, ())
                if each.id in rows
            )
            yield StudentChange(person, old, new, attempts)


def _score(outcome: Outcome | None) -> float | None:
    return None if outcome is None else outcome.score


def _attempts(item_id: str) -> Any:
    """The attempts at an item, variant by variant, with their newest score."""
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).scalar_subquery()
    return (
        select(
            Attempt.id,
            Attempt.person_id,
            Attempt.number,
            Attempt.created_at,
            Attempt.seconds,
            Attempt.variant_id,
            Attempt.form,
            Attempt.answers,
            Variant.version,
            Variant.seed,
            Variant.parameters,
            Variant.options,
            Score.id.label("score_id"),
            Score.score,
            Score.max_score,
            Score.correct,
            Score.fields,
        )
        .join(Variant, Variant.id == Attempt.variant_id)
        .outerjoin(Score, Score.id == newest)
        .where(Attempt.item_id == item_id)
        .order_by(Attempt.variant_id, Attempt.id)
    )


def mean(scores: Sequence[float | None]) -> float | None:
    """Of the scores that there are."""
    known = [score for score in scores if score is not None]
    return math.fsum(known) / len(known) if known else None
