"""Which subjects are mastered, and which mistakes are being made these days."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.reports import answers
from app.reports.exercises import mistake_text
from app.reports.marks import Marks
from app.reports.subject import ReportItem, Subject
from app.reports.tallies import tallies_of
from app.reports.topics import CHAPTERS, TOPICS, topic_of
from problems.text import Text

MOST_FREQUENT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """The facility of all items of a topic or chapter together: points earned, of the points there were to earn."""

    key: str
    name: Text
    items: tuple[str, ...]
    facility: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentMistake:
    """A mistake that several answers show, in whichever exercises; `text` is what it says in the first of them."""

    mistake: str
    text: Text
    problems: tuple[str, ...]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concepts:
    topics: Sequence[Mastery]
    chapters: Sequence[Mastery]
    mistakes: Sequence[FrequentMistake]
    since: datetime | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def concepts(session: Session, subject: Subject, marks: Marks, since: datetime | None) -> Concepts:
    """Facility over all attempts so far; mistakes since then, or ever."""
    by_topic: dict[str, list[ReportItem]] = defaultdict(list)
    for item in subject.items:
        if item.counts and (topic := topic_of(item.problem)):
            by_topic[topic].append(item)
    by_chapter: dict[int, list[ReportItem]] = defaultdict(list)
    for topic, items in by_topic.items():
        by_chapter[TOPICS[topic].chapter] += items
    return Concepts(
        topics=[_mastery(topic, TOPICS[topic].name, items, subject, marks) for topic, items in by_topic.items()],
        chapters=[
            _mastery(str(number), name, by_chapter[number], subject, marks)
            for number, name in CHAPTERS.items()
            if number in by_chapter
        ],
        mistakes=frequent_mistakes(session, subject, since),
        since=since,
    )


def _mastery(key: str, name: Text, items: Iterable[ReportItem], subject: Subject, marks: Marks) -> Mastery:
    """As in `item_statistics`, what was not attempted earned nothing, and an item that nobody attempted is left out."""
    columns = [subject.columns[item.id] for item in items]
    attempted = [column for column in columns if not np.isnan(marks.points[:, column]).all()]
    maximum = sum(subject.items[column].points for column in attempted) * len(marks.people)
    return Mastery(
        key=key,
        name=name,
        items=tuple(subject.items[column].label for column in sorted(columns)),
        facility=float(np.nansum(marks.points[:, attempted])) / maximum if maximum else None,
    )


def frequent_mistakes(session: Session, subject: Subject, since: datetime | None) -> list[FrequentMistake]:
    """The most frequent first. An id means the same mistake in every exercise, so it is counted over all of them."""
    totals: dict[str, int] = defaultdict(int)
    problems: dict[str, list[str]] = defaultdict(list)
    recent = None if since is None else answers.mistakes_since(session, subject, since)
    tallies = {} if since is not None else tallies_of(session, subject)
    for item in subject.items:
        for count in tallies[item.id].mistakes if recent is None else recent.get(item.id, ()):
            totals[count.mistake] += count.attempts
            if item.problem not in problems[count.mistake]:
                problems[count.mistake].append(item.problem)
    ranked = sorted(totals, key=lambda mistake: (-totals[mistake], mistake))[:MOST_FREQUENT]
    return [
        FrequentMistake(
            mistake=mistake,
            text=mistake_text(problems[mistake][0], mistake),
            problems=tuple(problems[mistake]),
            attempts=totals[mistake],
        )
        for mistake in ranked
    ]
