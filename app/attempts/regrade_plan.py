"""What a regrade would change, computed without changing anything: the dry run, and the work list of the real one.

Other settings leave most attempts as they are: a new key for one variant concerns the answers to this variant, new
points concern no attempt at all. Only attempts whose score can differ are graded again, and only those whose result
does differ get a new score.
"""

import hashlib
import logging
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

from app.attempts.assigned import score_row
from app.attempts.counting import Outcome
from app.attempts.grade_models import ItemRevision
from app.attempts.grade_queries import Arrival, arrival_of, overrides_of, share_of
from app.attempts.grades import Marking, derive, marking_of, rules_of
from app.attempts.item_settings import ItemSettings, adjusted, grade_with, grades_alike, read_key, settings_of
from app.attempts.models import Attempt, Score, Variant
from app.attempts.variants import DERIVED_CHOICE
from app.core.errors import Fault, InvalidRequestError, json_pointer
from app.courses.models import Assignment, Item
from problems import problem
from problems import variant as variants
from problems.catalogue import find
from problems.dealing import restore
from problems.grading import Grade, UnreadableAnswersError
from problems.text import Text

COMPARED = ("name", "score", "max_score", "correct", "parts", "mistake")
"""What of a field's result tells two scores apart; wording may change with the program and changes no grade."""

logger = logging.getLogger(__name__)


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
    work = _Work(session, item, old, new, now, restores)
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


class _Work:
    """Grades the attempts of one variant after the other, and keeps what differs."""

    def __init__(
        self, session: Session, item: Item, old: ItemSettings, new: ItemSettings, now: datetime, restores: int | None
    ) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.recomputed = 0
        self.failed = 0
        self._item = item
        self._form: problem.Form = "choice" if item.form == "choice" else "open"
        self._old, self._new, self._now = old, new, now
        self._kept = {} if restores is None else _scores_of(session, item.id, restores)
        self._restoring = restores is not None

    def check(self, seeds: Sequence[int]) -> None:
        """Refuse keys of variants that nobody has, which would change nothing and look as if they did."""
        known = {str(seed) for seed in [*seeds, *(self._item.pool or ())]}
        if self._item.seed is not None:
            known.add(str(self._item.seed))
        if unknown := [seed for seed in self._new.keys if seed not in known]:
            faults = [Fault(_NOBODY, pointer=json_pointer("settings", "keys", seed)) for seed in unknown]
            raise InvalidRequestError("Some keys are of variants that nobody has.", faults)

    def take(self, attempts: Sequence[Row[Any]]) -> None:
        """All attempts at one variant."""
        variant = _variant(self._item, attempts[0])
        # One object for all attempts: what it computes of its mistakes, it computes once.
        graded = adjusted(variant, self._form, self._new)
        self._check_key(graded)
        if self._restoring:
            todo = [row for row in attempts if not self._restore(row)]
        elif self._old != self._new and grades_alike(variant, self._form, self._old, self._new):
            todo = [row for row in attempts if row.score_id is None]
        else:
            todo = list(attempts)
        known: dict[bytes, Grade | None] = {}
        for row in todo:
            self.recomputed += 1
            answers = orjson.dumps(row.answers)
            if answers not in known:
                known[answers] = self._grade(graded, row)
            if (found := known[answers]) is None:
                self.failed += 1
            else:
                self._keep(row, score_row(row.id, row.version, self._new.key_policy, found, self._now))

    def _check_key(self, graded: variants.Variant[Any]) -> None:
        replaced = self._new.keys.get(str(graded.seed))
        try:
            if replaced is not None:
                read_key(graded, self._form, replaced)
            _ = graded.solved
        except UnreadableAnswersError as unreadable:
            faults = [
                Fault(error.text, pointer=json_pointer("settings", "keys", str(graded.seed), name, *error.path))
                for name, error in unreadable.errors.items()
            ]
            raise InvalidRequestError("A key can't be read.", faults) from None
        except ValueError:
            raise InvalidRequestError(
                "The tolerance can't be used with the key.", [Fault(_NO_TOLERANCE, pointer="/settings/tolerance")]
            ) from None

    def _restore(self, row: Row[Any]) -> bool:
        """Take the score that counted under the restored revision; False if the attempt had none then."""
        kept = self._kept.get(row.id)
        if kept is None:
            return False
        if kept.id != row.score_id:
            self._keep(
                row,
                {
                    "attempt_id": row.id,
                    "key_version": kept.key_version,
                    "policy": kept.policy,
                    "score": kept.score,
                    "max_score": kept.max_score,
                    "correct": kept.correct,
                    "fields": kept.fields,
                    "created_at": self._now,
                },
            )
        return True

    def _grade(self, graded: variants.Variant[Any], row: Row[Any]) -> Grade | None:
        try:
            return grade_with(graded, self._form, row.answers, self._new)
        except Exception:
            # A grader that fails on a stored answer leaves its score as it is; the plan says how many there are.
            logger.exception("Regrading failed: attempt %s.", row.id)
            return None

    def _keep(self, row: Row[Any], score: dict[str, Any]) -> None:
        stored = (row.score, row.max_score, row.correct, _compared(row.fields or []))
        if stored != (score["score"], score["max_score"], score["correct"], _compared(score["fields"])):
            self.rows[row.id] = score


_NOBODY = Text("Nobody has a variant with this seed in this item.", "这道题目中没有人拿到这个种子的变式。")
_NO_TOLERANCE = Text("This tolerance can't be used with the key.", "这个允许误差不适用于本题的答案。")


def _compared(fields: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [[each.get(name) for name in COMPARED] for each in fields]


def _variant(item: Item, row: Row[Any]) -> variants.Variant[Any]:
    layout = tuple(source for _, source in row.options.get(DERIVED_CHOICE, []))
    return restore(replace(find(item.problem), version=row.version), row.seed, row.parameters, layout)


def _scores_of(session: Session, item_id: str, revision: int) -> dict[str, Score]:
    """The score by which each attempt counted under a revision, for those that had one by then."""
    newest = (
        select(func.max(Score.id))
        .join(Attempt, Attempt.id == Score.attempt_id)
        .where(Attempt.item_id == item_id, Score.revision <= revision)
        .group_by(Score.attempt_id)
    )
    return {score.attempt_id: score for score in session.scalars(select(Score).where(Score.id.in_(newest)))}


def settings_at(session: Session, item_id: str, number: int) -> ItemRevision:
    """The revision of this number; raises `sqlalchemy.exc.NoResultFound`."""
    return session.scalars(
        select(ItemRevision).where(ItemRevision.item_id == item_id, ItemRevision.number == number)
    ).one()


def mean(scores: Sequence[float | None]) -> float | None:
    """Of the scores that there are."""
    known = [score for score in scores if score is not None]
    return math.fsum(known) / len(known) if known else None
