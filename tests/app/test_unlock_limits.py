"""The password of an assignment can't be found by trying."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """The limits are in memory: one database is enough."""
    return "sqlite"


async def test_ten_tries_in_five_minutes(classroom):
    room = await classroom(2)
    await room.assign({}, password="sesame")
    guesser, other = room.students
    address = f"/api/v1/assignments/{room.assignment}/unlock"
    statuses = [(await guesser.client.post(address, json={"password": f"{n}"})).status_code for n in range(10)]
    assert statuses == [403] * 10
    refused = await guesser.client.post(address, json={"password": "sesame"})
    assert refused.status_code == 429
    assert refused.json()["type"] == "/errors/too-many-requests"
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert (await room.answer(guesser, {"count": 128})).json()["type"] == "/errors/assignment-locked"
    assert (await other.client.post(address, json={"password": "sesame"})).status_code == 200


async def test_other_assignments_are_counted_by_themselves(classroom):
    room = await classroom(1)
    (student,) = room.students
    for _ in range(2):
        await room.assign({}, password="sesame")
        address = f"/api/v1/assignments/{room.assignment}/unlock"
        statuses = [(await student.client.post(address, json={"password": "x"})).status_code for _ in range(11)]
        assert statuses == [403] * 10 + [429]


async def test_the_right_password_starts_again(classroom):
    room = await classroom(1)
    await room.assign({}, password="sesame")
    (student,) = room.students
    address = f"/api/v1/assignments/{room.assignment}/unlock"
    for password in (["x"] * 9 + ["sesame"]) * 2:
        status = (await student.client.post(address, json={"password": password})).status_code
        assert status == (200 if password == "sesame" else 403)


async def test_without_a_password_nothing_is_counted(classroom):
    room = await classroom(1)
    await room.assign({})
    (student,) = room.students
    address = f"/api/v1/assignments/{room.assignment}/unlock"
    for _ in range(12):
        assert (await student.client.post(address, json={"password": "x"})).status_code == 200
