"""Which score of a student goes to a platform now, if any: the total as reports count it, once it is released.

    grades of the assignment ──► does one wait for its grading? ──► released? ──► score message (AGS 2.0, 3.4)
                                     yes: held                       no: held until it is

Only what is fully graded is sent, so that no passing state ever replaces a grade: Moodle takes a score that is not
"FullyGraded" for none and removes the one it has. A student whose grades are gone altogether (the points were taken
back, the items voided) has the score removed, which is what a message without `scoreGiven` asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.attempts.asked import points_standing_of, policy_of, standing_of
from app.attempts.grade_models import ItemGrade
from app.attempts.release import ReleasePolicy, Standing, released
from app.courses.deadlines import Window
from app.courses.entering import window_for
from app.courses.models import Assignment, Item
from app.lti.models import LineItem, Score

MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
RECHECK = timedelta(hours=6)
"""After which a held score is looked at again, although what may release it tells the outbox at once."""
DECIMALS = 6

Activity: TypeAlias = Literal["InProgress", "Submitted", "Completed"]
"""``Submitted`` can be answered again; ``Completed`` can't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """A student's grade at one item, None where there is none; `counts` is False for a voided item."""

    points: float
    counts: bool
    score: float | None = None
    attempts: int = 0
    waiting: bool = False
    last_activity: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """`score` of `maximum` points; None removes the score that the platform has."""

    score: float | None
    maximum: float
    activity: Activity
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """Not now: look again at that moment at the latest."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no score, and the platform has none."""


Decision: TypeAlias = Ready | Held | Nothing


def decide(session: Session, score_id: int, now: datetime, *, is_known: bool) -> tuple[int, Decision] | None:
    """The generation of the student's score and what is to be done about it, as far as it is known at `now`.

    `is_known`: the platform has a score of the student, or may have taken one without our learning of it.

    None when there is no such score any more, since the person was forgotten. The generation is read first: a change
    that comes between makes the score newer than its generation, never older.
    """
    found = session.execute(
        select(Score.generation, Score.person_id, LineItem.assignment_id)
        .join(LineItem, LineItem.id == Score.line_item_id)
        .where(Score.id == score_id)
    ).one_or_none()
    if found is None:
        return None
    generation, person_id, assignment_id = found
    assignment = session.get_one(Assignment, assignment_id)
    window = window_for(session, assignment, person_id)
    standings = _standings(session, assignment_id, person_id)
    return generation, decision(standings, policy_of(assignment), window, now, is_known=is_known)


def _standings(session: Session, assignment_id: str, person_id: str) -> list[Standings]:
    mine = and_(ItemGrade.item_id == Item.id, ItemGrade.person_id == person_id)
    columns = (ItemGrade.score, ItemGrade.attempts, ItemGrade.status, ItemGrade.last_activity)
    query = select(Item.points, Item.award, *columns).outerjoin(ItemGrade, mine)
    return [
        Standings(
            points=row.points,
            counts=row.award != "void",
            score=row.score,
            attempts=row.attempts or 0,
            waiting=row.status == "waiting",
            last_activity=row.last_activity,
        )
        for row in session.execute(query.where(Item.assignment_id == assignment_id))
    ]


def decision(
    standings: Sequence[Standings], policy: ReleasePolicy, window: Window, now: datetime, *, is_known: bool
) -> Decision:
    """What to do about these grades; `is_known`: the platform has a score already. Pure."""
    counted = [each for each in standings if each.counts]
    maximum = sum(each.points for each in counted)
    scores = [each.score for each in counted if each.score is not None]
    if any(each.waiting for each in counted):
        return Held(now + RECHECK)
    with_points = [points_standing_of(window, each.attempts, now) for each in counted if each.score is not None]
    if not all(released(policy, standing).correctness for standing in with_points):
        return Held(_look_again(with_points, now))
    if not (scores and maximum > 0):
        return Ready(score=None, maximum=0, activity="InProgress", submitted_at=None) if is_known else Nothing()
    return Ready(
        score=round(sum(scores), DECIMALS),
        maximum=round(maximum, DECIMALS),
        activity=_activity(counted, window, now),
        submitted_at=max((each.last_activity for each in standings if each.last_activity), default=None),
    )


def _standing(window: Window, each: Standings, now: datetime) -> Standing:
    return standing_of(window, window.attempts_left(each.attempts), now)


def _look_again(standings: Sequence[Standing], now: datetime) -> datetime:
    """The due date is what most policies wait for; what comes at that very moment still counts."""
    ends = min((each.due + timedelta(seconds=1) for each in standings if each.due and each.due >= now), default=None)
    return now + RECHECK if ends is None else min(ends, now + RECHECK)


def _activity(counted: Sequence[Standings], window: Window, now: datetime) -> Activity:
    standings = [_standing(window, each, now) for each in counted]
    if all(each.is_over or each.attempts_left == 0 for each in standings):
        return "Completed"
    return "Submitted" if all(each.attempts for each in counted) else "InProgress"


def message(ready: Ready, subject: str, timestamp: datetime) -> Mapping[str, Any]:
    """The score message (AGS 2.0, 3.4.5 to 3.4.10). The maximum is ours; platforms scale to theirs."""
    told: dict[str, Any] = {
        "userId": subject,
        "timestamp": _instant(timestamp),
        "activityProgress": ready.activity,
        "gradingProgress": "NotReady",
    }
    if ready.score is not None:
        told |= {"scoreGiven": ready.score, "scoreMaximum": ready.maximum, "gradingProgress": "FullyGraded"}
    if ready.submitted_at is not None:
        told["submission"] = {"submittedAt": _instant(min(ready.submitted_at, timestamp))}
    return told


def for_canvas(told: Mapping[str, Any], ready: Ready, since: datetime | None) -> Mapping[str, Any]:
    """The message for Canvas, which takes every score for a new attempt of the student there unless it is told.

    One comes with an answer that is newer than the message before (`since`), and at the moment of the answer: what was
    answered in time is not late because its score was released, or could be sent, afterwards.
    """
    if ready.score is None or ready.submitted_at is None or (since is not None and ready.submitted_at <= since):
        return without_submission(told)
    return {**told, CANVAS_SUBMISSION: {"submitted_at": told["submission"]["submittedAt"]}}


def without_submission(told: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**told, CANVAS_SUBMISSION: {"new_submission": False}}


def _instant(at: datetime) -> str:
    """Subsecond precision, and an offset (AGS 2.0, 3.4.8)."""
    return at.isoformat(timespec="milliseconds")


def scores_url(line_item: str) -> str:
    """Where scores of a line item go: below its path, while its query stays (AGS 2.0, 3.1.1; Moodle has one)."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path}/scores"))
