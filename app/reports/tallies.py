"""The counts of answers that every report of an assignment needs, computed together and, where that is dear, kept.

Counting a million attempts takes the database seconds. What took `DEAR` seconds or longer is given out again for
`SPARING` times as long, so that however often reports are read they keep a twentieth of a core busy. In all but the
largest courses counts are always fresh; grades, and all figures made of marks, are so everywhere.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from app.reports import answers
from app.reports.answers import MistakeCount
from app.reports.subject import Subject

DEAR = 0.5
SPARING = 20
KEPT = 50  # assignments


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """By item; see the functions of `app.reports.answers`."""

    attempts: Mapping[str, int]
    mistakes: Mapping[str, Sequence[MistakeCount]]
    until_right: Mapping[str, Mapping[int, int]]
    median_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Kept:
    tallies: Tallies
    until: float


_kept: WeakKeyDictionary[object, dict[Subject, _Kept]] = WeakKeyDictionary()
_lock = Lock()


def tallies_of(session: Session, subject: Subject) -> Tallies:
    """The counts of the assignment as its items stand."""
    database = session.get_bind()
    with _lock:
        found = _kept.get(database, {}).get(subject)
    if found is not None and time.monotonic() < found.until:
        return found.tallies
    start = time.monotonic()
    tallies = Tallies(
        attempts=answers.attempts_by_item(session, subject),
        mistakes=answers.mistakes(session, subject),
        until_right=answers.attempts_until_right(session, subject),
        median_seconds=answers.median_seconds(session, subject),
    )
    cost = time.monotonic() - start
    if cost >= DEAR:
        with _lock:
            mine = _kept.setdefault(database, {})
            mine[subject] = _Kept(tallies, start + cost * (1 + SPARING))
            while len(mine) > KEPT:
                del mine[next(iter(mine))]
    return tallies
