"""What is to be exported: variants of exercises, in groups of which a student gets one each.

A group is an exercise with some of its variants, or an item of an assignment. From an assignment the variants that
students have been dealt never leave: an export is made for other students, or for a test beside the assignment. Where
seeds are dealt from the assignment's secret, other ones are drawn from it; a fixed variant and those of a pool were
chosen by the instructor, and are what they are.
"""

import hmac
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.attempts.item_settings import adjusted, settings_of
from app.courses.dealing import DealtFrom, seed_for
from app.courses.items import items_of
from app.courses.models import Assignment, Enrolment, Item
from app.courses.roles import STAFF, assignment_for
from app.exports.asking import Standard
from app.exports.notes import FULL, NO_EXERCISE, NO_FORM, VOID, Note
from problems.catalogue import UnknownProblemError, find
from problems.checks import check
from problems.dealing import deal
from problems.draws import MAX_SEED
from problems.problem import Form, Problem
from problems.text import Text
from problems.variant import Variant

MOST_VARIANTS = 200  # of one exercise
PURPOSE = b"haitang export 1\0"
DRAWS = 3  # times the number of variants that are sought

_SEEDS = re.compile(r"(\d{1,16})(?:-(\d{1,16}))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One variant in one form, and what its answers are held against."""

    variant: Variant[Any]
    form: Form
    standard: Standard


@dataclass(frozen=True, slots=True)
class Group:
    """Variants of which a student gets one, for so many points; those of the exercise itself, if it says None."""

    title: Text
    points: float | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """`folder` is the category of all groups, where they have one; `stem` begins the name of the file (ASCII)."""

    title: Text
    folder: str
    stem: str
    groups: tuple[Group, ...]
    notes: tuple[Note, ...] = ()


class SeedsError(ValueError):
    """Seeds can't be read, or are too many."""


def read_seeds(text: str, most: int = MOST_VARIANTS) -> tuple[int, ...]:
    """Seeds from text such as ``0``, ``1-20`` or ``1-5,17``, each once; raises `SeedsError`, so if there are more."""
    found: dict[int, None] = {}
    for part in text.replace(" ", "").replace("，", ",").replace("–", "-").split(","):
        match = _SEEDS.fullmatch(part)
        if match is None:
            raise SeedsError(text)
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last <= MAX_SEED or last - first >= most:
            raise SeedsError(text)
        found |= dict.fromkeys(range(first, last + 1))
    if len(found) > most:
        raise SeedsError(text)
    return tuple(found)


def of_problems(problems: Sequence[Problem[Any]], seeds: Sequence[int], forms: Collection[Form]) -> Order:
    """Variants of exercises, in those of the forms that they have; computes, so it belongs in a thread."""
    groups, notes = [], []
    for problem in problems:
        for form in forms:
            variants = [deal(problem, seed) for seed in seeds]
            entries = tuple(Entry(variant, form, Standard()) for variant in variants if form in variant.forms)
            missing = [str(variant.seed) for variant in variants if form not in variant.forms]
            if missing and (entries or len(forms) == 1):
                notes.append(Note(", ".join([problem.id, form, *missing]), NO_FORM, skipped=True))
            if entries:
                groups.append(Group(_title(problem, form if len(forms) > 1 else None), None, entries))
    single = problems[0] if len(problems) == 1 else None
    title = _title(single) if single else Text("Exercises from Haitang", "海棠习题")
    stem = f"haitang-{single.id}" if single else f"haitang-{len(problems)}-exercises"
    return Order(title, "", stem, tuple(groups), tuple(notes))


_FORMS = {"open": Text("typed answers", "填写作答"), "choice": Text("options", "选择作答")}


def _title(problem: Problem[Any], form: Form | None = None) -> Text:
    title = problem.page.title
    if form is None:
        return Text(f"{problem.id} {title.en}", f"{problem.id} {title.zh}")
    named = _FORMS[form]
    return Text(f"{problem.id} {title.en} ({named.en})", f"{problem.id} {title.zh}（{named.zh}）")


# Assignments


@dataclass(frozen=True, slots=True)
class Sheet:
    """An assignment as it was read: its items, and the seeds that its students have been dealt, by item."""

    assignment: Assignment
    items: tuple[Item, ...]
    dealt: dict[str, frozenset[int]]


def read_sheet(session: Session, assignment_id: str, principal: Principal) -> Sheet:
    """The assignment, for those who teach its course; raises as `app.courses.roles.assignment_for`."""
    assignment = assignment_for(session, assignment_id, principal, STAFF).assignment
    return sheet_of(session, assignment)


def sheet_of(session: Session, assignment: Assignment) -> Sheet:
    items = tuple(items_of(session, assignment.id))
    # Who has left may come back, and has been dealt something all the same.
    people = session.scalars(select(Enrolment.person_id).where(Enrolment.course_id == assignment.course_id)).all()
    dealt = {item.id: frozenset(seed_for(assignment, item, person) for person in people) for item in items}
    return Sheet(assignment, items, dealt)


def of_assignment(sheet: Sheet, variants: int) -> Order:
    """The items of an assignment, so many variants of each; computes, so it belongs in a thread."""
    assignment = sheet.assignment
    groups: list[Group] = []
    notes: list[Note] = []
    for place, item in enumerate(sheet.items, start=1):
        where = f"{place}. {item.problem}"
        if item.award == "void":
            notes.append(Note(where, VOID, skipped=True))
            continue
        try:
            problem = find(item.problem)
        except UnknownProblemError:
            notes.append(Note(where, NO_EXERCISE, skipped=True))
            continue
        if item.award == "full":
            notes.append(Note(where, FULL))
        entries = tuple(_entries(sheet, item, problem, variants))
        if entries:
            title = _title(problem)
            groups.append(Group(Text(f"{place:02d} {title.en}", f"{place:02d} {title.zh}"), item.points, entries))
        else:
            notes.append(Note(where, NO_FORM, skipped=True))
    title = Text(assignment.title, assignment.title)
    return Order(title, assignment.title, f"haitang-{assignment.id[:8]}", tuple(groups), tuple(notes))


def _entries(sheet: Sheet, item: Item, problem: Problem[Any], variants: int) -> Iterator[Entry]:
    settings = settings_of(item, sheet.assignment)
    form: Form = "choice" if item.form == "choice" else "open"
    for variant in _variants(sheet, item, problem, variants):
        if form in variant.forms:
            graded = adjusted(variant, form, settings)
            yield Entry(graded, form, Standard(settings.key_policy, settings.scoring))


def _variants(sheet: Sheet, item: Item, problem: Problem[Any], variants: int) -> Iterator[Variant[Any]]:
    if item.seed_mode == "fixed":
        yield deal(problem, item.seed or 0)
    elif item.seed_mode == "pool":
        yield from (deal(problem, seed) for seed in (item.pool or [])[:variants])
    else:
        found = 0
        for seed in other_seeds(sheet.assignment, item.id, sheet.dealt[item.id], DRAWS * variants):
            if found < variants and next(check(problem, [seed]), None) is None:
                found += 1
                yield deal(problem, seed)


def other_seeds(assignment: DealtFrom, item_id: str, dealt: Collection[int], count: int) -> Iterator[int]:
    """Seeds that nobody has been dealt, always the same, and not to be guessed by whoever lacks the secret."""
    seen = {*dealt}
    for place in range(count):
        message = PURPOSE + f"{item_id} {place}".encode()
        seed = 1 + int.from_bytes(hmac.digest(assignment.seed_secret, message, "sha256"), "big") % MAX_SEED
        if seed not in seen:
            seen.add(seed)
            yield seed
