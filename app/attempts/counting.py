"""From attempts to points: the one rule by which a grade is derived, as a pure function that can be replayed.

An attempt's share s (0 to 1) of the exercise is worth ``v = s · max(0, 1 − p·(n − 1)) · max(0, 1 − h) · λ``, where n is
its number among the student's attempts at the item, p the assignment's penalty per attempt, h the sum of what the hints
cost that were open when it arrived, and λ the late factor of its arrival (`app.courses.deadlines.late_factor`). The
counting rule makes one value of them, and the item's points are multiplied by it. `docs/scores.md` says it in words.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from app.courses.models import Counting

Award: TypeAlias = Literal["normal", "void", "full"]
"""Whether the answers count, or the item counts for nobody, or everybody gets its points."""

Status: TypeAlias = Literal["graded", "waiting", "void"]
"""``waiting``: no answer could be graded yet, which is a fault of the service and no score of 0."""

COUNTED_ALONE: frozenset[Counting] = frozenset({"best", "last", "first"})
"""The rules by which one attempt makes the grade."""


@dataclass(frozen=True, slots=True)
class Worth:
    """An attempt as far as it counts. `share` is None while it could not be graded; `late` is λ, 1 in time.

    `hints` is what the hints cost that were open when it arrived, as a share.
    """

    id: str
    number: int
    share: float | None
    late: float = 1.0
    is_late: bool = False
    hints: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The settings of an item and its assignment that turn attempts into points."""

    points: float
    counting: Counting
    attempt_penalty: float = 0.0
    award: Award = "normal"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a student has at an item.

    `score` is in points, None where there is none. `share` is that of the counted attempt before penalty and lateness
    (the mean, where the average counts), `counted` its id (None for an average); `late` says whether it, or any of
    those averaged, arrived late.
    """

    score: float | None
    share: float | None
    attempts: int
    counted: str | None
    late: bool
    overridden: bool
    status: Status


def value(worth: Worth, attempt_penalty: float) -> float:
    """The share of the points that a graded attempt is worth, after penalty, hints and lateness."""
    if worth.share is None:
        raise ValueError(f"The attempt {worth.id} has no score.")
    return worth.share * _kept(worth.number, attempt_penalty) * max(0.0, 1.0 - worth.hints) * worth.late


@lru_cache(maxsize=1024)
def _kept(number: int, attempt_penalty: float) -> float:
    """Ten attempts at 0.1 cost everything: fractions of the decimal that was typed, since floats would leave a rest."""
    return float(max(Fraction(0), 1 - (number - 1) * Fraction(repr(float(attempt_penalty)))))


def outcome(attempts: Sequence[Worth], rules: Rules, override: float | None = None) -> Outcome:
    """The grade of these attempts, given in the order of their numbers.

    A voided item has no score, whatever else; then an override by hand counts (at most the item's points); then points
    that are given to all; then the attempts.
    """
    graded = [each for each in attempts if each.share is not None]
    counted = _counted(graded, rules)
    share = math.fsum(each.share or 0.0 for each in counted) / len(counted) if counted else None
    status: Status = "graded"
    if rules.award == "void":
        score, status = None, "void"
    elif override is not None:
        score = min(override, rules.points)
    elif rules.award == "full":
        score = rules.points
    elif counted:
        score = rules.points * math.fsum(value(each, rules.attempt_penalty) for each in counted) / len(counted)
    else:
        score, status = None, "waiting"
    return Outcome(
        score=score,
        share=share,
        attempts=len(attempts),
        counted=counted[0].id if counted and rules.counting in COUNTED_ALONE else None,
        late=any(each.is_late for each in counted),
        overridden=override is not None,
        status=status,
    )


def _counted(graded: Sequence[Worth], rules: Rules) -> Sequence[Worth]:
    """The attempts that make the grade; of equally good ones the earliest is the best."""
    if not graded:
        return ()
    match rules.counting:
        case "first":
            return graded[:1]
        case "last":
            return graded[-1:]
        case "average":
            return graded
        case "best":
            return (max(graded, key=lambda each: value(each, rules.attempt_penalty)),)
