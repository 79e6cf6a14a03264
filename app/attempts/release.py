"""What of a result somebody may see, and when. Pure functions; whoever shows a result goes through them.

Practice shows everything, the key and the worked solution on a page of their own, which is asked for. What is not
released is left out before anything is rendered: it is in no response, page, header or figure (`app.core.drawings`
signs the addresses of figures, and only what is shown is signed). Results are stored whole; `redacted` reads them the
same way whatever they say, so that the time it takes tells nothing either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from app.attempts.result import AttemptResult
from problems.feedback import RIGHT, WRONG
from problems.text import Text

Moment = Literal["at-once", "after-last-attempt", "after-due", "never"]
"""``after-last-attempt``: when no attempt can follow, be they used up or the due date over."""

RECEIVED = Text("Your answer has been received.", "已收到你的答案。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasePolicy:
    """When each part of a result is released: whether the answer is right, why not, the key, the worked solution."""

    correctness: Moment = "at-once"
    diagnosis: Moment = "at-once"
    key: Moment = "after-due"
    solution: Moment = "after-due"


PRACTICE = ReleasePolicy(correctness="at-once", diagnosis="at-once", key="at-once", solution="at-once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands with an exercise. `due` is theirs, extensions included; None stands for no limit."""

    now: datetime
    due: datetime | None = None
    attempts_left: int | None = None

    @property
    def is_over(self) -> bool:
        """An answer that arrives in the very moment of the due date is in time."""
        return self.due is not None and self.now > self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What may be shown. A diagnosis says that the answer is wrong, so it never comes without the correctness."""

    correctness: bool
    diagnosis: bool
    key: bool
    solution: bool


def released(policy: ReleasePolicy, standing: Standing) -> Released:
    """What the policy releases to somebody who stands there. Without a due date, "after-due" never comes."""

    def has_come(moment: Moment) -> bool:
        match moment:
            case "at-once":
                return True
            case "after-last-attempt":
                return standing.attempts_left == 0 or standing.is_over
            case "after-due":
                return standing.is_over
            case "never":
                return False

    correctness = has_come(policy.correctness)
    return Released(
        correctness=correctness,
        diagnosis=correctness and has_come(policy.diagnosis),
        key=has_come(policy.key),
        solution=has_come(policy.solution),
    )


def redacted(attempt: AttemptResult, shown: Released) -> AttemptResult:
    """The attempt without what is not released. It keeps its shape: what is left out is null or empty."""
    if shown.correctness and shown.diagnosis:
        return attempt
    fields = [_redacted_field(field, shown) for field in attempt.fields]
    if shown.correctness:
        return replace(attempt, fields=fields)
    return replace(attempt, score=None, correct=None, fields=fields)


KEPT = ("name", "max_score", "read_as", "read_as_latex", "answered")
EMPTY: Mapping[str, Any] = {"parts": [], "mistake": None, "family": None, "candidates": [], "followed": False}
"""What tells more than right or wrong, and what stands in its place."""


def _redacted_field(field: Mapping[str, Any], shown: Released) -> dict[str, Any]:
    """Put together from what may be shown, so that what is stored one day beside it is not shown by oversight."""
    verdict = RIGHT if field["correct"] else WRONG
    return {
        **{name: field[name] for name in KEPT if name in field},
        **{name: empty for name, empty in EMPTY.items() if name in field},
        "score": field["score"] if shown.correctness else None,
        "correct": field["correct"] if shown.correctness else None,
        "feedback": (verdict if shown.correctness else RECEIVED).as_dict(),
    }
