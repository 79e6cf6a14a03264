"""What happens in a course arrives at the addresses that want to hear of it: signed, at least once, mostly in order."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import people
from app.accounts.access import Principal
from app.accounts.scopes import SCOPES
from app.core.ids import new_id
from app.courses import courses
from app.main import create_app
from app.webhooks import endpoints, outcomes, sender
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.backends import on_one_database, on_postgresql

pytestmark = pytest.mark.anyio

RIGHT, WRONG = {"count": 128}, {"count": 127}


async def test_an_answer_is_told_and_so_is_the_grade(hooked, receiver):
    hook = await hooked()
    student = hook.room.students[0]
    answered = await hook.room.answer(student, RIGHT)
    graded, changed = await receiver.wait_for(2)
    ids = {
        "course_id": hook.room.course,
        "assignment_id": hook.room.assignment,
        "item_id": hook.room.items[0],
        "person_id": student.id,
    }
    assert graded.json["type"] == "attempt.graded"
    assert graded.json["data"] == ids | {
        "attempt_id": answered.json()["id"],
        "problem": "1.4",
        "form": "open",
        "number": 1,
        "submitted_at": answered.json()["created_at"],
        "score": 1.0,
        "max_score": 1.0,
        "correct": True,
        "fields": [{"name": "count", "score": 1.0, "max_score": 1.0, "correct": True, "mistake": None}],
        "revision": 0,
    }
    assert changed.json["type"] == "grade.changed"
    assert changed.json["data"] == ids | {"before": None, "after": 2.0, "points": 2.0}
    assert graded.json["timestamp"] == changed.json["timestamp"] == answered.json()["created_at"]


@on_one_database
async def test_every_message_is_signed(hooked, receiver):
    hook = await hooked()
    await hook.room.answer(hook.room.students[0], RIGHT)
    for message in await receiver.wait_for(2):
        assert message.headers["content-type"] == "application/json"
        assert message.is_signed_by(hook.secret)
        assert not message.is_signed_by("whsec_" + "A" * 43 + "=")


@on_one_database
async def test_mistakes_are_named_and_neither_keys_nor_answers_are_told(hooked, receiver):
    hook = await hooked(events=["attempt.graded"])
    await hook.room.answer(hook.room.students[0], {"count": 220})
    (message,) = await receiver.wait_for(1)
    told = message.json["data"]
    assert told["fields"] == [
        {"name": "count", "score": 0.0, "max_score": 1.0, "correct": False, "mistake": "bias-per-weight"}
    ]
    assert {128, 220, "128", "220"}.isdisjoint(value for value in told.values() if isinstance(value, int | str))


@on_one_database
async def test_what_is_not_released_to_students_is_told_to_the_course_s_own_programs(hooked, receiver):
    never = dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "never")
    hook = await hooked(release=never)
    answered = await hook.room.answer(hook.room.students[0], RIGHT)
    assert answered.json()["score"] is None
    graded, _ = await receiver.wait_for(2)
    assert graded.json["data"]["score"] == 1.0


@on_one_database
async def test_an_endpoint_hears_only_of_what_it_wants(hooked, receiver):
    hook = await hooked(events=["grade.changed"])
    await hook.room.answer(hook.room.students[0], WRONG)
    await hook.room.answer(hook.room.students[0], {"count": 126})  # the grade stays 0
    await hook.room.answer(hook.room.students[0], RIGHT)
    await hook.settled(2)
    assert [(each["data"]["before"], each["data"]["after"]) for each in receiver.bodies] == [(None, 0.0), (0.0, 2.0)]


async def test_another_course_hears_nothing(hooked, receiver):
    hook = await hooked()
    other = await hook.teacher.post("/api/v1/courses", json={"title": "Other", "time_zone": "Asia/Shanghai"})
    made = await hook.teacher.post(f"/api/v1/courses/{other.json()['id']}/webhooks", json={"url": receiver.url})
    await hook.room.answer(hook.room.students[0], RIGHT)
    await hook.settled(2)
    listed = await hook.teacher.get(f"/api/v1/webhooks/{made.json()['id']}/deliveries")
    assert listed.json()["items"] == []
    assert len(receiver.messages) == 2


async def test_a_regrade_tells_what_it_changed(hooked, receiver):
    hook = await hooked(2)
    for student, answer in zip(hook.room.students, (RIGHT, WRONG), strict=True):
        await hook.room.answer(student, answer)
    await hook.settled(4)
    order = {"item": hook.room.items[0], "settings": {"keys": {"0": {"count": 127}}}, "reason": "a wrong key"}
    done = await hook.teacher.post(f"/api/v1/assignments/{hook.room.assignment}/regrades", json=order)
    assert done.status_code == 201, done.text
    await hook.settled(8)
    told = {
        (each["data"]["person_id"], each["type"], each["data"].get("correct"), each["data"].get("after"))
        for each in receiver.bodies[4:]
    }
    right, wrong = (student.id for student in hook.room.students)
    assert told == {
        (right, "attempt.graded", False, None),
        (wrong, "attempt.graded", True, None),
        (right, "grade.changed", None, 0.0),
        (wrong, "grade.changed", None, 2.0),
    }
    assert {each["data"]["revision"] for each in receiver.bodies[4:] if "revision" in each["data"]} == {1}


async def test_points_given_by_hand_are_told(hooked, receiver):
    hook = await hooked()
    student = hook.room.students[0]
    given = {"person_id": student.id, "points": 1.5, "reason": "by hand"}
    await hook.teacher.post(
        f"/api/v1/assignments/{hook.room.assignment}/items/{hook.room.items[0]}/overrides", json=given
    )
    (message,) = await receiver.wait_for(1)
    assert (message.json["type"], message.json["data"]["after"]) == ("grade.changed", 1.5)


@on_one_database
async def test_practice_is_nobody_s_business(hooked):
    hook = await hooked()
    practice = {"problem": "1.4", "seed": 0, "form": "open", "answers": RIGHT}
    assert (await hook.room.students[0].client.post("/api/v1/attempts", json=practice)).status_code == 201
    assert await hook.deliveries() == []


async def test_an_answer_that_is_not_stored_is_not_told(hooked):
    hook = await hooked(attempts_allowed=1)
    await hook.room.answer(hook.room.students[0], RIGHT)
    assert (await hook.room.answer(hook.room.students[0], WRONG)).status_code == 403
    await hook.settled(2)
    assert len(await hook.deliveries()) == 2


async def test_messages_of_one_endpoint_arrive_in_order(hooked, receiver):
    hook = await hooked(20, events=["grade.changed"])
    await asyncio.gather(*(hook.room.answer(student, RIGHT) for student in hook.room.students))
    await hook.settled(20)
    assert receiver.ids.total() == 20
    assert list(receiver.ids) == sorted(receiver.ids)


@pytest.mark.parametrize("fault", [500, 404, 301, "drop"])
@on_one_database
async def test_what_was_not_taken_is_sent_again_under_the_same_id(hooked, receiver, clock, fault):
    hook = await hooked()
    receiver.behaviours.append(fault)
    id_ = await hook.ping()
    await hook.tried(id_)
    clock.advance(seconds=10)
    first, second = await receiver.wait_for(2)
    assert first.id == second.id == id_
    assert first.raw == second.raw
    assert second.is_signed_by(hook.secret, clock())
    assert int(second.headers["webhook-timestamp"]) >= int(first.headers["webhook-timestamp"]) + 10
    (delivery,) = await hook.settled(1)
    assert (delivery["state"], delivery["tries"], delivery["last_status"]) == ("delivered", 2, 204)
    assert (await hook.state())["failures"] == 0


@on_one_database
async def test_who_says_nothing_for_five_seconds_has_not_taken_it(hooked, receiver, clock):
    hook = await hooked()
    receiver.behaviours.append("slow")
    await hook.ping()
    await receiver.wait_for(1)
    clock.advance(seconds=3)  # a lease is renewed before it ends: nobody else sends meanwhile
    await asyncio.sleep(5.2)
    (delivery,) = await hook.deliveries()
    assert (delivery["state"], delivery["tries"], delivery["last_status"]) == ("pending", 1, None)
    assert "5 seconds" in delivery["last_error"]
    clock.advance(seconds=10)
    await hook.settled(1)
    assert len(receiver.messages) == 2


@on_one_database
async def test_an_endpoint_that_is_down_is_called_once_a_minute_at_most(hooked, receiver, clock):
    hook = await hooked(3, events=["grade.changed"])
    receiver.behaviours.extend([503] * 8)
    for student in hook.room.students:
        await hook.room.answer(student, RIGHT)
    for count in range(1, 9):
        await receiver.wait_for(count)
        await asyncio.sleep(0.2)
        assert len(receiver.messages) == count
        clock.advance(minutes=1)
    await receiver.wait_for(9)


@on_one_database
async def test_a_receiver_may_ask_to_be_left_alone(hooked, receiver, clock):
    hook = await hooked()
    receiver.behaviours.append(429)
    receiver.reply_headers["Retry-After"] = "600"
    await hook.tried(await hook.ping())
    clock.advance(minutes=9)
    await asyncio.sleep(0.3)
    assert len(receiver.messages) == 1
    clock.advance(minutes=2)
    await receiver.wait_for(2)


async def test_one_message_that_can_t_be_digested_does_not_hold_up_the_others(hooked, receiver, clock):
    hook = await hooked(events=["grade.changed"])
    receiver.behaviours.extend([400, 400])
    await hook.room.answer(hook.room.students[0], WRONG)
    (first,) = await receiver.wait_for(1)
    await hook.tried(first.id)
    clock.advance(seconds=6)
    await receiver.wait_for(2)
    await hook.room.answer(hook.room.students[0], RIGHT)
    clock.advance(seconds=5)
    _, _, third = await receiver.wait_for(3)
    assert third.json["data"]["after"] == 2.0
    clock.advance(seconds=30)
    messages = await receiver.wait_for(4)
    assert messages[3].id == messages[0].id


@on_one_database
async def test_410_ends_it(hooked, receiver):
    hook = await hooked()
    receiver.behaviours.append(410)
    await hook.ping()
    await receiver.wait_for(1)
    assert (await hook.disabled())["disabled_reason"] == "gone"
    refused = await hook.teacher.post(f"{hook.path}/ping")
    assert (refused.status_code, refused.json()["detail_zh"]) == (409, "这个 Webhook 已停用，请先启用。")
    await hook.room.answer(hook.room.students[0], RIGHT)
    assert len(await hook.deliveries()) == 1


async def test_lasting_failure_disables_it_and_enabling_sends_what_waited(hooked, receiver, clock):
    hook = await hooked(events=["grade.changed"])
    receiver.behaviours.extend([500] * 40)
    await hook.room.answer(hook.room.students[0], RIGHT)
    for count in range(1, 5):
        await receiver.wait_for(count)
        await asyncio.sleep(0.1)
        clock.advance(hours=25)
    assert (await hook.disabled())["disabled_reason"] == "failing"
    receiver.behaviours.clear()
    again = await hook.teacher.patch(hook.path, json={"enabled": True})
    assert (again.json()["enabled"], again.json()["failures"]) == (True, 0)
    clock.advance(hours=25)
    (delivery,) = await hook.settled(1)
    assert delivery["type"] == "grade.changed"


@on_one_database
async def test_after_eleven_tries_it_has_failed_and_can_be_sent_again(hooked, receiver, clock):
    hook = await hooked()
    receiver.behaviours.append(400)
    id_ = await hook.ping()
    await receiver.wait_for(1)
    for count in range(2, outcomes.TRIES + 1):
        await hook.ping()  # another, which goes through, so that the endpoint is well
        await hook.settled(count - 1)
        receiver.behaviours.append(400)
        clock.advance(hours=25)
        await receiver.wait_for_try(id_, count)
    (failed,) = await hook.settled(1, "failed")
    assert (failed["id"], failed["tries"], failed["last_status"]) == (id_, outcomes.TRIES, 400)
    clock.advance(hours=48)
    await asyncio.sleep(0.2)
    assert receiver.ids[id_] == outcomes.TRIES
    resent = await hook.teacher.post(f"{hook.path}/deliveries/{id_}/resend")
    assert (resent.status_code, resent.json()["state"], resent.json()["tries"]) == (200, "pending", 0)
    await hook.settled(outcomes.TRIES)
    assert receiver.ids[id_] == outcomes.TRIES + 1


async def test_two_processes_share_the_work(hooked, receiver, settings, clock):
    """Each endpoint is served by one of them at a time, so nothing is sent twice."""
    hook = await hooked(10)
    other = create_app(settings, clock=clock)
    async with other.router.lifespan_context(other):
        for answer in ({"count": 1}, {"count": 2}, RIGHT):
            await asyncio.gather(*(hook.room.answer(student, answer) for student in hook.room.students))
        await hook.settled(50, seconds=30)
    assert set(receiver.ids.values()) == {1}
    assert receiver.ids.total() == 50


async def test_a_lease_that_has_run_out_is_taken_over(hooked, receiver, app, clock):
    """What a killed process leaves behind: the lease, and a message of which nobody knows whether it arrived."""
    hook = await hooked()
    service = app.state.service
    gone, now = new_id(), clock()
    assert await service.writer.write(lambda session: sender.lease(session, by=gone, now=now, limit=50)) == []
    id_ = await hook.ping()

    def take(session):
        session.execute(update(WebhookEndpoint).values(leased_by=gone, leased_until=clock() + sender.LEASE))

    await hook.settled(1)
    await service.writer.write(take)
    second = await hook.ping()
    await asyncio.sleep(0.4)
    assert receiver.ids[second] == 0
    clock.advance(seconds=sender.LEASE / timedelta(seconds=1))
    await hook.settled(2)
    assert receiver.ids == {id_: 1, second: 1}
    with service.database.reading() as session:
        assert session.scalar(select(WebhookDelivery.tries).where(WebhookDelivery.id == second)) == 1


@on_postgresql
async def test_answers_of_students_do_not_hold_up_the_sender(hooked, receiver, app):
    """Another process is storing an answer, and holds the endpoint to which its delivery will refer."""
    hook = await hooked()
    with app.state.service.database.write_engine.dialect.dbapi.connect(
        app.state.service.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        connection.execute("SELECT id FROM webhook_endpoints FOR KEY SHARE")
        await hook.ping()
        await hook.settled(1)
    assert len(receiver.messages) == 1


@on_one_database
async def test_stopping_waits_for_what_is_on_its_way(database, settings, receiver, clock, monkeypatch):
    monkeypatch.setattr(sender, "POLL", 0.05)
    receiver.behaviours.append("late")
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        delivery_id = await app.state.service.writer.write(lambda session: add_ping(session, app, receiver.url))
        await receiver.wait_for(1)
    with database.reading() as session:
        delivery = session.get_one(WebhookDelivery, delivery_id)
        endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id)
        assert (delivery.state, delivery.tries, endpoint.leased_by) == ("delivered", 1, None)
    assert len(receiver.messages) == 1


def add_ping(session, app, url: str) -> str:
    """The id of a delivery to a new endpoint of a new course."""
    now = app.state.service.clock()
    teacher = people.create(session, None, now, name="T", email="t@example.edu", is_admin=True)
    principal = Principal(teacher, is_admin=True, scopes=frozenset(SCOPES), via="session")
    course = courses.create_course(session, principal, title="C", time_zone="UTC", pass_mark=0.5, now=now).course
    values = {"url": url, "description": "", "events": ["grade.changed"], "key": app.state.guests.key, "now": now}
    endpoint, _ = endpoints.create(session, principal, course.id, **values)
    return endpoints.ping(session, principal, endpoint.id, now).id


@on_one_database
async def test_a_fault_of_our_own_counts_as_a_failure_and_is_logged(hooked, app, caplog):
    class Broken:
        async def post(self, *_: object, **__: object) -> None:
            raise RuntimeError("a fault of ours")

    hook = await hooked()
    broken = sender.Sender(replace(app.state.service, outgoing=Broken()), app.state.guests.key)
    tried = await broken._send(sender.Message(new_id(), "https://example.org/", b"{}", [hook.secret]))
    assert (tried.status, tried.error) == (None, "The service itself failed.")
    assert "a fault of ours" in caplog.text
