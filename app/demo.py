"""A course to look at: students who answer as students do, and whose mistakes are those that the exercises name.

Everything goes the way that it goes in a real course: answers are graded, counted and stored by
`app.attempts.assigned`, only with moments of arrival in the days that have passed.

Whether an answer is right follows the model from which the statistics of tests come (Rasch 1960): its probability is
1 / (1 + exp(b - a)), where a is the student's ability and b the difficulty of the exercise.
"""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import audit, forgetting, people, sign_in_links
from app.accounts.access import Principal
from app.accounts.models import AuditEntry
from app.accounts.scopes import SCOPES
from app.attempts.assigned import AssignedSubmission, submit_assigned
from app.attempts.service import Service
from app.courses import assignments, courses, enrolments, items, proving
from app.courses.assignment_schemas import AssignmentRequest, ItemRequest
from app.courses.dealing import seed_for
from app.courses.models import Course, Enrolment
from problems.catalogue import find
from problems.variant import Variant

TEACHER, STUDENT = "teacher@example.org", "student{:02}@example.org"
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗"
GIVEN_NAMES = (
    "子涵",
    "雨桐",
    "浩然",
    "思远",
    "佳怡",
    "博文",
    "欣妍",
    "宇轩",
    "明哲",
    "海棠",
    "一鸣",
    "晓彤",
    "雪",
    "磊",
)
SECTIONS = ("A1", "A2", "A3")

BEGUN, FINISHED = "demo.begin", "demo.finish"  # in the audit log, on the course

DIFFICULTIES = {"1.4": -1.0, "2.3": -0.6, "2.4": 0.2, "1.6": 0.4, "1.8": 0.9}
POINTS = {"1.4": 1.0, "2.3": 1.0, "2.4": 2.0, "1.6": 3.0, "1.8": 3.0}
ATTEMPTS = 3
OPENED, DUE, CLOSES = timedelta(days=-12), timedelta(days=-2), timedelta(days=5)  # from now
ABSENT, LATE = 0.07, 0.1  # shares of students who never begin, and who begin after the date
LEARNT = 0.7  # by how much each attempt makes the next one easier
GIVES_UP, SLIPS = 0.2, 0.25  # probabilities: to stop after a wrong answer; of a wrong answer to be a mere slip


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: paths of links that sign in once, and how many answers there are to look at."""

    teacher_link: str
    student_link: str
    answers: int


@dataclass(frozen=True, slots=True)
class _Task:
    """An item as one student has it."""

    person_id: str
    item_id: str
    problem: str
    seed: int


@dataclass(frozen=True, slots=True)
class _Class:
    teacher: str
    course_id: str
    students: Sequence[str]
    assignment_id: str
    tasks: Sequence[_Task]


async def fill(service: Service, *, students: int, seed: int) -> Demo:
    """Make the course. The same seed makes the same class again, but other numbers in its exercises.

    Answers can't be removed, so one that was not finished is put away: its people are forgotten, which frees their
    addresses, and it is archived. That happens when it fails, or, after a kill, when another is made.

    Raises:
        app.core.errors.ConflictError: it is there already.

    """
    now = service.clock()
    await service.writer.write(lambda session: _put_away(session, now))
    try:
        return await _fill(service, students, Random(seed), now)  # noqa: S311 - a play, in which nothing is secret
    except BaseException:
        await service.writer.write(lambda session: _put_away(session, now))
        raise


async def _fill(service: Service, students: int, random: Random, now: datetime) -> Demo:
    proven = await asyncio.to_thread(_proven_items)
    made = await service.writer.write(lambda session: _make(session, proven, students, random, now))
    begun = {person: moment for person in made.students if (moment := _begins(random, now)) is not None}
    ability = {person: random.gauss(0.1, 1.0) for person in made.students}
    answers: list[tuple[datetime, _Task, Mapping[str, Any]]] = []
    for task in made.tasks:
        if task.person_id not in begun:
            continue
        variant = (await service.variants.get(find(task.problem), task.seed)).variant
        at = begun[task.person_id]
        for given in _answers(variant, ability[task.person_id] - DIFFICULTIES[task.problem], random):
            at += timedelta(minutes=random.expovariate(1 / 9) + 1)
            if at < now:
                answers.append((at, task, given))
        begun[task.person_id] = at
    for at, task, given in sorted(answers, key=lambda answer: answer[0]):
        await _submit(service, made.assignment_id, at, task, given)

    def link(session: Session) -> list[str]:
        audit.record(session, None, FINISHED, made.course_id, course=made.course_id, at=now)
        return [sign_in_links.create(session, person, "setup", now) for person in (made.teacher, made.students[0])]

    teacher_link, student_link = map(sign_in_links.path_of, await service.writer.write(link))
    return Demo(teacher_link, student_link, len(answers))


async def _submit(service: Service, assignment_id: str, at: datetime, task: _Task, given: Mapping[str, Any]) -> None:
    student = Principal(task.person_id, scopes=frozenset(SCOPES), via="session")
    submission = AssignedSubmission(
        assignment_id=assignment_id, item_id=task.item_id, answers=given, received_at=at, principal=student
    )
    await submit_assigned(service, submission)


def _put_away(session: Session, now: datetime) -> None:
    """Archive courses of ours that were begun and not finished, and forget their people."""
    begun, finished = (
        set(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == action)))
        for action in (BEGUN, FINISHED)
    )
    open_ = (Course.id.in_(begun - finished), Course.archived_at.is_(None))
    for course in session.scalars(select(Course).where(*open_)).all():
        enrolled = select(Enrolment.person_id).where(Enrolment.course_id == course.id)
        for person_id in session.scalars(enrolled).all():
            forgetting.forget(session, None, person_id, now)
        course.archived_at = now


def _proven_items() -> list[dict[str, Any]]:
    wanted = [ItemRequest(problem=problem, form="open", points=POINTS[problem]) for problem in DIFFICULTIES]
    return [proving.proven(item.model_dump()) for item in wanted]


def _make(session: Session, proven: Sequence[Mapping[str, Any]], size: int, random: Random, now: datetime) -> _Class:
    """The people, the course and the assignment, as they were made two weeks ago."""
    then = now + OPENED - timedelta(days=2)
    teacher = people.create(session, None, then, name="高海棠", email=TEACHER)
    # Courses are made by administrators; the teacher is one for this moment only.
    principal = Principal(teacher, is_admin=True, scopes=frozenset(SCOPES), via="session")
    course = courses.create_course(
        session, principal, title="神经计算的数学原理（演示）", time_zone="Asia/Shanghai", pass_mark=0.6, now=then
    ).course
    audit.record(session, None, BEGUN, course.id, course=course.id, at=then)
    students = []
    for number, name in zip(range(1, size + 1), _names(random), strict=False):
        enrolled = enrolments.enrol(
            session,
            principal,
            course.id,
            email=STUDENT.format(number),
            name=name,
            section=SECTIONS[number % len(SECTIONS)],
            student_number=f"2026{number:04}",
            now=then,
        )
        students.append(enrolled.enrolment.person_id)
    wanted = {
        "title": "作业一：梯度下降与卷积",
        "instructions": "每题最多提交三次，以最好成绩计分。结果保留三位小数。",
        "opens_at": (now + OPENED).isoformat(),
        "due_at": (now + DUE).isoformat(),
        "closes_at": (now + CLOSES).isoformat(),
        "attempts_allowed": ATTEMPTS,
        "late_per_day": 0.2,
        "published": True,
    }
    settings = AssignmentRequest.model_validate(wanted).model_dump()
    seen = assignments.create_assignment(
        session, principal, course.id, settings, proven, password_hash=None, now=then
    ).seen
    tasks = [
        _Task(student, item.id, item.problem, seed_for(seen.assignment, item, student))
        for student in students
        for item in items.items_of(session, seen.assignment.id)
    ]
    return _Class(teacher, course.id, students, seen.assignment.id, tasks)


def _names(random: Random) -> Iterator[str]:
    """Different names without end, as long as two characters make new ones."""
    pairs = [surname + given for surname in SURNAMES for given in GIVEN_NAMES]
    random.shuffle(pairs)
    return iter(pairs)


def _begins(random: Random, now: datetime) -> datetime | None:
    """When a student begins: mostly in the last days before the date, some after it, some never."""
    fate = random.random()
    if fate < ABSENT:
        return None
    if fate < ABSENT + LATE:
        return now + DUE + timedelta(hours=random.uniform(1, 40))
    earlier = timedelta(days=random.expovariate(1 / 2.5), hours=4)
    return now + max(DUE - earlier, OPENED + timedelta(hours=random.uniform(1, 24)))


def _answers(variant: Variant[Any], advantage: float, random: Random) -> Iterator[Mapping[str, Any]]:
    """A student's answers to a variant, one after another, until one is right or they give up."""
    wrong = list(variant.mistaken.values())
    for attempt in range(ATTEMPTS):
        if random.random() < 1 / (1 + math.exp(-advantage - LEARNT * attempt)):
            yield _typed(variant.solved)
            return
        if not wrong or random.random() < SLIPS:
            yield _typed(_slip(variant.solved, random))
        else:
            # The first mistakes that an exercise names are the commonest; nobody makes the same one twice here.
            place = min(int(random.expovariate(1 / 2.5)), len(wrong) - 1)
            yield _typed({**variant.solved, **wrong.pop(place)})
        if random.random() < GIVES_UP:
            return


def _slip(answers: Mapping[str, Any], random: Random) -> Mapping[str, Any]:
    """One number of the answers is off by something that no theory explains."""
    name = random.choice(list(answers))
    value = answers[name]
    if isinstance(value, tuple):
        place = random.randrange(len(value))
        slipped: Any = (*value[:place], value[place] + random.choice((-0.1, 0.01, 0.2)), *value[place + 1 :])
    else:
        slipped = value + random.choice((-2, -1, 1, 10))
    return {**answers, name: slipped}


def _typed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Rounded as the instructions ask."""
    return {
        name: [round(number, 3) for number in value] if isinstance(value, tuple) else value
        for name, value in answers.items()
    }
