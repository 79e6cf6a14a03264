"""Grading the attempts at an item again by other settings: only those that can differ, keeping only what does."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.attempts.assigned import score_row
from app.attempts.item_settings import ItemSettings, adjusted, grade_with, grades_alike, read_key
from app.attempts.models import Attempt, Score
from app.attempts.variants import DERIVED_CHOICE
from app.core.errors import Fault, InvalidRequestError, json_pointer
from app.courses.models import Item
from problems import problem
from problems import variant as variants
from problems.catalogue import find
from problems.dealing import restore
from problems.grading import Grade, UnreadableAnswersError
from problems.text import Text

COMPARED = ("name", "score", "max_score", "correct", "parts", "mistake")
"""What of a field's result tells two scores apart; wording may change with the program and changes no grade."""

logger = logging.getLogger(__name__)


class Rescoring:
    """Grades the attempts of one variant after the other, and keeps what differs.

    `rows` are the new scores by attempt; `recomputed` and `failed` count as in `app.attempts.regrade_plan.Plan`.
    """

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
