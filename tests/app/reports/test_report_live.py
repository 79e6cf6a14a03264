"""Reports of answers that students really gave, over HTTP."""

import pytest

from problems.catalogue import find
from problems.dealing import deal

pytestmark = pytest.mark.anyio


async def items_of(room):
    report = await room.teacher.client.get(f"/api/v1/assignments/{room.assignment}/report/items")
    assert report.status_code == 200, report.text
    return report.json()["items"]


async def test_the_share_of_each_option_and_of_its_mistake(classroom):
    room = await classroom(3)
    await room.assign({"problem": "1.4", "form": "choice", "seed_mode": "fixed", "seed": 5, "points": 2})
    variant = deal(find("1.4"), 5)
    right = variant.keys("choice", "corrected")[0]["answer"]
    wrong = next(option for option in "ABCD" if option != right)
    for student, option in zip(room.students, (right, wrong, wrong), strict=True):
        assert (await room.answer(student, {"answer": option})).status_code == 201
    (item,) = await items_of(room)
    assert (item["facility"], item["random_guess_score"]) == (pytest.approx(1 / 3), 0.25)
    options = {each["option"]: each for each in item["options"]}
    assert options.keys() == set("ABCD")
    assert (options[right]["right"], options[right]["attempts"]) == (True, 1)
    assert (options[wrong]["right"], options[wrong]["share"]) == (False, pytest.approx(2 / 3))
    assert options[wrong]["text"]["en"]
    named = [each for each in item["mistakes"] if each["variant"] is None]
    assert {each["mistake"] for each in named} <= set(options[wrong]["mistakes"])


async def test_points_given_by_hand_count_in_the_report(classroom):
    room = await classroom(1)
    await room.assign({})
    await room.answer(room.students[0], {"count": 1})
    path = f"/api/v1/assignments/{room.assignment}/report"
    before = (await room.teacher.client.get(path)).json()["gradebook"]["items"][0]["grades"][0]
    assert (before["score"], before["overridden"]) == (0, False)
    given = await room.teacher.client.post(
        f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/overrides",
        json={"person_id": room.students[0].id, "points": 1.5, "reason": "shown at the board"},
    )
    assert given.status_code < 300, given.text
    after = (await room.teacher.client.get(path)).json()["gradebook"]["items"][0]["grades"][0]
    assert (after["score"], after["overridden"]) == (1.5, True)
