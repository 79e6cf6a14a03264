"""Tallies are what the attempts say, after whatever history; thrown away and derived again they come out the same."""

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from app.accounts.access import Principal
from app.attempts.grade_models import ItemGrade
from app.attempts.grade_queries import GRADES
from app.attempts.models import Attempt, Score
from app.attempts.tally import Graded, Tally, VariantTally, read_variants, tally
from app.attempts.upkeep import derive_again
from app.core.ids import new_id
from app.courses.models import Enrolment, Item
from app.reports.subject import find_subject
from app.reports.tallies import PAUSE, tallies_of

pytestmark = pytest.mark.anyio

API = "/api/v1"
ITEMS = (
    {"seed_mode": "fixed", "seed": 0},
    {"seed_mode": "pool", "seed": None, "pool": [5, 6], "form": "choice"},
    {"seed_mode": "per-student", "seed": None},
)
COUNTS = (128, 130, 110, 111, 60, 1)  # right as printed, then wrong; some by known mistakes
REGRADES: tuple[dict[str, Any], ...] = (
    {"keys": {"0": {"count": 130}}},
    {"points": 5},
    {"award": "void"},
    {"award": "full"},
    {"award": "normal"},
    {"keys": {}},
)


class History:
    """What happens to an assignment, step by step, at random."""

    def __init__(self, room: Any, chance: random.Random, account: Any) -> None:
        self.room, self.chance, self.account = room, chance, account
        self.regrades: list[str] = []
        self.newcomers = 0

    async def step(self) -> None:
        steps = (self.answer,) * 12 + (self.regrade, self.regrade, self.undo, self.override, self.come, self.go)
        await self.chance.choice(steps)()

    async def answer(self) -> None:
        item = self.chance.randrange(len(ITEMS))
        answers = {"answer": self.chance.choice("ABCD")} if item == 1 else {"count": self.chance.choice(COUNTS)}
        given = await self.room.answer(self.chance.choice(self.room.students), answers, item)
        assert given.status_code in {200, 201, 404}, given.text  # 404: who has left

    async def regrade(self) -> None:
        item = self.room.items[0] if self.chance.random() < 0.7 else self.chance.choice(self.room.items[1:])
        settings = self.chance.choice(REGRADES if item == self.room.items[0] else REGRADES[1:5])
        body = {"item": item, "settings": settings, "reason": "so"}
        done = await self.post(f"assignments/{self.room.assignment}/regrades", body)
        if done.status_code == 201:
            self.regrades.append(done.json()["id"])

    async def undo(self) -> None:
        if self.regrades:
            await self.post(f"assignments/{self.room.assignment}/regrades/{self.regrades.pop()}/undo", {"reason": "no"})

    async def override(self) -> None:
        item, student = self.chance.choice(self.room.items), self.chance.choice(self.room.students)
        points = self.chance.choice((None, 0, 1))
        body = {"person_id": student.id, "points": points, "reason": "by hand"}
        await self.post(f"assignments/{self.room.assignment}/items/{item}/overrides", body)

    async def come(self) -> None:
        self.newcomers += 1
        student = await self.account(f"late{self.newcomers}")
        body = {"email": student.email, "role": "student"}
        assert (await self.post(f"courses/{self.room.course}/enrolments", body)).status_code == 201
        self.room.students.append(student)

    async def go(self) -> None:
        """Somebody leaves the course, or comes back."""
        student = self.chance.choice(self.room.students)
        with self.room.app.state.service.database.reading() as session:
            found = session.scalars(select(Enrolment).where(Enrolment.person_id == student.id)).one()
        address = f"{API}/enrolments/{found.id}"
        changed = await self.room.teacher.client.patch(address, json={"ended": found.ended_at is None})
        assert changed.status_code == 200, changed.text

    async def post(self, address: str, body: dict[str, Any]) -> Any:
        done = await self.room.teacher.client.post(f"{API}/{address}", json=body)
        assert done.status_code in {200, 201, 409, 422}, done.text
        return done


def rows(session: Any) -> list[Any]:
    columns = [column for column in GRADES.columns if column.name != "updated_at"]
    return sorted(map(tuple, session.execute(select(*columns))), key=str)


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_history_tallies_are_what_the_attempts_say(classroom, account, seed: int):
    room = await classroom(4)
    await room.assign(*ITEMS, attempts_allowed=None, attempt_penalty=0.1)
    history = History(room, random.Random(seed), account)
    service = room.app.state.service
    for _ in range(45):
        await history.step()
    with service.database.reading() as session:
        subject = find_subject(session, room.assignment, Principal(new_id(), is_admin=True, via="token"))
        found, stored = tallies_of(session, subject), rows(session)
        for item in subject.items:
            assert summary(found[item.id]) == counted(session, room.course, item.id), item.position

    def throw_away(session: Any) -> list[Any]:
        session.execute(delete(ItemGrade))
        for item in room.items:
            derive_again(session, item, datetime.now(UTC))
        again = rows(session)
        assert [derive_again(session, item, datetime.now(UTC)) for item in room.items] == [0, 0, 0]
        return again

    assert await service.writer.write(throw_away) == stored


def summary(found: Any) -> dict[str, Any]:
    return {
        "attempts": found.attempts,
        "until_right": dict(found.until_right),
        "mistakes": {(each.field, each.mistake): (each.attempts, each.students) for each in found.mistakes},
        "median": found.median_seconds,
        "variants": {
            variant: (
                each.attempts,
                {(one.field, one.mistake): (one.attempts, one.students) for one in each.mistakes},
                {(one.field, one.option): one.attempts for one in each.options},
            )
            for variant, each in found.variants.items()
        },
        "dealt": dict(found.dealt),
    }


def counted(session: Any, course: str, item: str) -> dict[str, Any]:
    """The same, attempt by attempt."""
    enrolled = (Enrolment.course_id == course, Enrolment.role == "student", Enrolment.ended_at.is_(None))
    students = set(session.scalars(select(Enrolment.person_id).where(*enrolled)))
    newest = select(func.max(Score.id)).group_by(Score.attempt_id)
    scores = {score.attempt_id: score for score in session.scalars(select(Score).where(Score.id.in_(newest)))}
    attempts = [
        each
        for each in session.scalars(select(Attempt).where(Attempt.item_id == item).order_by(Attempt.number))
        if each.person_id in students
    ]
    first: dict[str, int] = {}
    for each in attempts:
        if scores[each.id].correct:
            first.setdefault(each.person_id, each.number)
    compared = session.get_one(Item, item).seed_mode != "per-student"
    return {
        "attempts": len(attempts),
        "until_right": dict(Counter(first.values())),
        "mistakes": _mistakes(attempts, scores),
        "median": _median(session, attempts),
        "variants": {
            variant: (len(mine), _mistakes(mine, scores), _options(mine))
            for variant in {each.variant_id for each in attempts}
            if (mine := [each for each in attempts if each.variant_id == variant])
        }
        if compared
        else {},
        "dealt": {each.person_id: each.variant_id for each in attempts} if compared else {},
    }


def _mistakes(attempts: list[Attempt], scores: dict[str, Score]) -> dict[tuple[str, str], tuple[int, int]]:
    people: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for each in attempts:
        for field in [] if scores[each.id].correct else scores[each.id].fields:
            if field["mistake"]:
                people[field["name"], field["mistake"]].append(each.person_id)
    return {place: (len(who), len(set(who))) for place, who in people.items()}


def _options(attempts: list[Attempt]) -> dict[tuple[str, str], int]:
    chosen: Counter[tuple[str, str]] = Counter()
    for each in attempts:
        if each.form == "choice":
            chosen.update(("answer", option) for option in each.answers["answer"])
    return dict(chosen)


def _median(session: Any, attempts: list[Attempt]) -> float | None:
    people = {each.person_id for each in attempts}
    gaps = []
    for person in people:
        mine = session.scalars(
            select(Attempt).where(Attempt.person_id == person, Attempt.item_id.is_not(None)).order_by(Attempt.id)
        ).all()
        for before, after in pairwise(mine):
            seconds = int((after.created_at - before.created_at).total_seconds())
            if after.item_id == attempts[0].item_id and seconds <= PAUSE:
                gaps.append(seconds)
    return median(gaps) if gaps else None


# The pure function

FIELDS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["w", "b"]),
            "mistake": st.none() | st.sampled_from(["bias-forgotten", "hinge"]),
            "read_as": st.sampled_from(["A", "B, D", ""]),
        }
    ),
    max_size=2,
    unique_by=lambda field: field["name"],
)
GRADED = st.builds(
    Graded,
    variant=st.integers(1, 3),
    form=st.sampled_from(["open", "choice"]),
    correct=st.booleans() | st.none(),
    fields=FIELDS,
    seconds=st.none() | st.integers(0, 10**7),
)


@given(st.lists(GRADED, max_size=8))
def test_what_is_stored_is_what_was_counted(attempts):
    found = tally(attempts)
    row = found.as_row()
    assert read_variants(row["tally"]) == found.variants
    assert sum(each.attempts for each in found.variants) == len(attempts)
    assert {each.variant for each in found.variants} == {each.variant for each in attempts}
    assert not attempts or found.variants[-1].variant == attempts[-1].variant
    wrong = [field for each in attempts if not each.correct for field in each.fields if field["mistake"]]
    assert sum(n for each in found.variants for of in each.mistakes.values() for n in of.values()) == len(wrong)
    assert found.first_right is None or attempts[found.first_right - 1].correct


def test_of_several_options_each_counts_by_itself():
    attempts = [
        Graded(7, "choice", correct=False, fields=[{"name": "answer", "mistake": None, "read_as": "A, C"}]),
        Graded(7, "choice", correct=True, fields=[{"name": "answer", "mistake": None, "read_as": "C"}], seconds=30),
    ]
    assert tally(attempts) == Tally(2, (VariantTally(7, 2, {}, {"answer": {"A": 1, "C": 2}}),), (30,))


def test_an_attempt_that_could_not_be_graded_counts_as_an_attempt():
    assert tally([Graded(7, "open")]) == Tally(None, (VariantTally(7, 1, {}, {}),), ())
    assert tally([]) == Tally(None, (), ())
