"""Deep linking: an instructor picks, and the platform gets signed links that lead back to what was picked."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import func, select

from app.courses.models import Assignment, Item
from app.lti import claims as names
from app.lti.deep_linking import Picked, Recipient, content_item
from app.lti.tool import Tool
from tests.app.conftest import Account
from tests.backends import on_both_databases
from tests.lti.platform import ASSISTANT, LEARNER, TEACHER, Course, Platform, ResourceLink
from tests.lti.setup.conftest import Browser, inputs

pytestmark = pytest.mark.anyio

SHEET = {"action": "pick", "problem": ["1.4", "1.6"], "title": "Sheet 1", "form": "open", "points": "2"} | {
    "seed_mode": "per-student",
    "how": "one",
}


def message_of(page: httpx.Response, platform: Platform) -> dict[str, Any]:
    """The claims of the response, as the platform reads them: with our published keys."""
    token = dict(inputs(page))["JWT"]
    read = jwt.decode(token, KeySet.import_key_set(dict(platform.tool_keys())), algorithms=["RS256"])
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": platform.client_id},
        aud={"essential": True, "value": platform.issuer},
        exp={"essential": True},
        iat={"essential": True},
    ).validate(read.claims)
    return read.claims


def count(app: FastAPI, table: Any) -> int:
    with app.state.service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


async def test_exercises_become_one_assignment_with_one_link(
    browser: Browser, picker: httpx.Response, platform: Platform, app: FastAPI
) -> None:
    page = await browser.send(picker, **SHEET)
    assert page.status_code == 200, page.text
    message = message_of(page, platform)
    (item,) = message[names.CONTENT_ITEMS]
    assignment = item["custom"]["haitang_assignment"]
    assert item == {
        "type": "ltiResourceLink",
        "title": "Sheet 1",
        "custom": {"haitang_assignment": assignment},
        "lineItem": {"scoreMaximum": 4, "label": "Sheet 1", "resourceId": assignment, "tag": "haitang"},
    }
    assert message[names.MESSAGE_TYPE] == "LtiDeepLinkingResponse"
    assert message[names.VERSION] == "1.3.0"
    assert message[names.DEPLOYMENT_ID] == platform.deployment_id
    assert message[names.DATA] == "what the platform wants back"
    assert message["nonce"]
    with app.state.service.database.reading() as session:
        made = session.get_one(Assignment, assignment)
        assert made.published_at is not None
        items = session.scalars(select(Item).where(Item.assignment_id == assignment).order_by(Item.position)).all()
        assert [(each.problem, each.form, each.points, each.seed_mode) for each in items] == [
            ("1.4", "open", 2, "per-student"),
            ("1.6", "open", 2, "per-student"),
        ]


async def test_the_response_is_dated_back_for_a_platform_whose_clock_is_behind(
    browser: Browser, picker: httpx.Response, platform: Platform
) -> None:
    """Moodle refuses a message from the future, and allows its own clock nothing."""
    message = message_of(await browser.send(picker, **SHEET), platform)
    assert message["iat"] <= time.time() - 30 < time.time() + 60 < message["exp"]


async def test_the_response_travels_by_a_form_that_only_the_platform_gets(
    browser: Browser, picker: httpx.Response, platform: Platform
) -> None:
    page = await browser.send(picker, **SHEET)
    assert f'<form class="form" method="post" action="{platform.address}/deep-link/11" data-return>' in page.text
    assert "<button>" in page.text
    policy = page.headers["content-security-policy"]
    assert f"form-action 'self' {platform.address};" in policy
    assert f"frame-ancestors {platform.address}" in policy
    assert "script-src 'self';" in policy


async def test_a_student_who_opens_the_link_gets_the_assignment(
    browser: Browser, picker: httpx.Response, platform: Platform
) -> None:
    page = await browser.send(picker, **SHEET)
    (item,) = message_of(page, platform)[names.CONTENT_ITEMS]
    browser.client.cookies.clear()
    opened = await browser.launch(LEARNER, ResourceLink(custom=item["custom"]))
    assert opened.url.path == f"/en/assignments/{item['custom']['haitang_assignment']}"
    assert "Sheet 1" in opened.text


@on_both_databases
async def test_exercises_may_become_a_link_each(
    browser: Browser, picker: httpx.Response, platform: Platform, app: FastAPI
) -> None:
    page = await browser.send(picker, **SHEET | {"how": "each", "title": ""})
    items = message_of(page, platform)[names.CONTENT_ITEMS]
    assert [item["title"].split()[0] for item in items] == ["1.4", "1.6"]
    assert len({item["custom"]["haitang_assignment"] for item in items}) == count(app, Assignment) == 2


async def test_assignments_that_are_there_already_can_be_linked(
    browser: Browser, picker: httpx.Response, platform: Platform, app: FastAPI
) -> None:
    await browser.send(picker, **SHEET)
    again = await browser.launch(TEACHER, Course())
    (existing,) = (value for name, value in inputs(again) if name == "existing")
    page = await browser.send(again, action="pick", existing=existing, title="")
    (item,) = message_of(page, platform)[names.CONTENT_ITEMS]
    assert item["custom"] == {"haitang_assignment": existing}
    assert count(app, Assignment) == 1


async def test_an_exercise_that_can_only_be_chosen_is_chosen(
    browser: Browser, picker: httpx.Response, app: FastAPI
) -> None:
    await browser.send(picker, **SHEET | {"problem": ["1.1"], "title": ""})
    with app.state.service.database.reading() as session:
        assert session.scalar(select(Item.form)) == "choice"
        assert (session.scalar(select(Assignment.title)) or "").startswith("1.1 ")


def setting(**changed: Any) -> Callable[[dict[str, Any]], None]:
    """A bend of messages that changes deep-linking settings; None leaves one out."""

    def bend(message: dict[str, Any]) -> None:
        settings = message[names.DEEP_LINKING_SETTINGS] | changed
        message[names.DEEP_LINKING_SETTINGS] = {name: value for name, value in settings.items() if value is not None}

    return bend


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("told", [False, None])
async def test_a_platform_that_takes_one_link_is_sent_no_more(
    browser: Browser, platform: Platform, app: FastAPI, told: object
) -> None:
    platform.bend = setting(accept_multiple=told)
    picker = await browser.launch(TEACHER, Course())
    assert 'name="how"' not in picker.text
    refused = await browser.send(picker, **SHEET | {"how": "each"})
    assert refused.status_code == 422
    assert "The platform takes one link." in refused.text
    assert count(app, Assignment) == 0
    page = await browser.send(refused, **SHEET)
    assert len(message_of(page, platform)[names.CONTENT_ITEMS]) == 1


@pytest.mark.usefixtures("connected")
async def test_no_line_item_where_the_platform_wants_none(browser: Browser, platform: Platform) -> None:
    platform.bend = setting(accept_lineitem=False, data=None)
    page = await browser.send(await browser.launch(TEACHER, Course()), **SHEET)
    message = message_of(page, platform)
    assert "lineItem" not in message[names.CONTENT_ITEMS][0]
    assert names.DATA not in message


@pytest.mark.usefixtures("connected")
async def test_a_platform_that_takes_no_links_is_told_so(browser: Browser, platform: Platform) -> None:
    platform.bend = setting(accept_types=["html", "file"])
    page = await browser.launch(TEACHER, Course())
    assert "Nothing can be linked here" in page.text
    assert 'name="problem"' not in page.text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"action": "pick"}, "Choose an assignment, or tick an exercise."),
        (SHEET | {"title": ""}, "Give the new assignment a title."),
        (SHEET | {"points": "many"}, "A number is needed here."),
        (SHEET | {"seed_mode": "pool"}, "The mode “pool” needs"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_made(
    browser: Browser, picker: httpx.Response, app: FastAPI, sent: dict[str, Any], sentence: str
) -> None:
    page = await browser.send(picker, **sent)
    assert page.status_code == 422
    assert sentence in page.text
    assert count(app, Assignment) == 0


async def test_searching_keeps_what_is_ticked(browser: Browser, picker: httpx.Response) -> None:
    page = await browser.send(picker, action="search", search="perceptron", problem=["1.4"], title="Mine")
    shown = {value for name, value in inputs(page) if name == "problem"}
    assert "1.4" in shown
    assert "1.10" in shown
    assert "2.3" not in shown
    assert ("title", "Mine") in inputs(page)


# What must be refused


@on_both_databases
async def test_a_response_is_given_once(browser: Browser, picker: httpx.Response, app: FastAPI) -> None:
    first = await browser.send(picker, **SHEET)
    assert first.status_code == 200
    again = await browser.send(picker, **SHEET)
    assert again.status_code == 409
    assert "JWT" not in again.text
    shown = await browser.client.get(picker.url.raw_path.decode(), headers={"Accept": "text/html"})
    assert shown.status_code == 409
    assert "open it in the learning platform again" in shown.text
    assert count(app, Assignment) == 1


async def test_a_launch_id_of_another_session_opens_nothing(
    browser: Browser, picker: httpx.Response, app: FastAPI
) -> None:
    """Even of the same person: a launch belongs to the session that it began."""
    address = picker.url.raw_path.decode()
    browser.client.cookies.clear()
    other = await browser.launch(TEACHER, Course())
    unknown = await browser.client.get(address, headers={"Accept": "text/html"})
    assert unknown.status_code == 404
    assert "belongs to another browser" in unknown.text
    refused = await browser.client.post(address, data={"token": dict(inputs(other))["token"]} | SHEET)
    assert refused.status_code == 404
    assert count(app, Assignment) == 0


async def test_nobody_picks_without_a_session(browser: Browser, picker: httpx.Response) -> None:
    address = picker.url.raw_path.decode()
    browser.client.cookies.clear()
    sent_away = await browser.client.get(address)
    assert sent_away.status_code == 303
    assert sent_away.headers["location"].startswith("/en/sign-in")


@pytest.mark.usefixtures("connected")
async def test_a_learner_is_asked_for_no_links(browser: Browser) -> None:
    page = await browser.launch(LEARNER, Course())
    assert page.status_code == 403
    assert "JWT" not in page.text


@pytest.mark.usefixtures("connected")
async def test_an_assistant_links_to_what_is_there_and_makes_nothing(
    browser: Browser, platform: Platform, app: FastAPI
) -> None:
    """Platforms ask those who may add contents to the course; in Canvas these are assistants too."""
    empty = await browser.launch(ASSISTANT, Course())
    assert "New assignments are made by instructors of the course." in empty.text
    assert not {"problem", "existing"} & {name for name, _ in inputs(empty)}
    assert (await browser.send(empty, **SHEET)).status_code == 403
    assert count(app, Assignment) == 0
    browser.client.cookies.clear()
    await browser.send(await browser.launch(TEACHER, Course()), **SHEET)
    browser.client.cookies.clear()
    page = await browser.launch(ASSISTANT, Course())
    (existing,) = (value for name, value in inputs(page) if name == "existing")
    answered = await browser.send(page, action="pick", existing=existing)
    (item,) = message_of(answered, platform)[names.CONTENT_ITEMS]
    assert item["custom"] == {"haitang_assignment": existing}


async def test_who_became_a_student_meanwhile_links_nothing(
    browser: Browser, picker: httpx.Response, administrator: Account, app: FastAPI
) -> None:
    courses = (await administrator.client.get("/api/v1/courses")).json()["items"]
    enrolments = f"/api/v1/courses/{courses[0]['id']}/enrolments"
    # A course keeps somebody who teaches it.
    await administrator.client.post(enrolments, json={"email": administrator.email, "role": "instructor"})
    listed = (await administrator.client.get(enrolments)).json()["items"]
    (teacher,) = (each for each in listed if each["name"] == TEACHER.name)
    changed = await administrator.client.patch(f"/api/v1/enrolments/{teacher['id']}", json={"role": "student"})
    assert changed.status_code == 200, changed.text
    assert (await browser.send(picker, **SHEET)).status_code == 403
    assert count(app, Assignment) == 0


@pytest.mark.usefixtures("connected")
async def test_a_launch_that_is_no_deep_link_gives_no_response(browser: Browser) -> None:
    """A link that waits for its assignment has a page of its own, which sends nothing to the platform."""
    page = await browser.launch(TEACHER, ResourceLink())
    launch_id = page.url.path.rpartition("/")[2]
    assert page.url.path == f"/en/lti/choose/{launch_id}"
    token = dict(inputs(page))["token"]
    assert (await browser.client.get(f"/en/lti/deep-link/{launch_id}")).status_code == 403
    answered = await browser.client.post(f"/en/lti/deep-link/{launch_id}", data={"token": token} | SHEET)
    assert answered.status_code == 403
    assert "JWT" not in answered.text


async def test_a_form_of_another_page_answers_nothing(browser: Browser, picker: httpx.Response, app: FastAPI) -> None:
    forged = await browser.client.post(picker.url.raw_path.decode(), data={"token": "1.x"} | SHEET)
    assert forged.status_code == 403
    assert count(app, Assignment) == 0


# A link without an assignment


@pytest.mark.usefixtures("connected")
async def test_a_waiting_link_gets_its_assignment(browser: Browser, app: FastAPI) -> None:
    page = await browser.launch(TEACHER, ResourceLink())
    chosen = await browser.send(page, **SHEET)
    assert chosen.status_code == 303, chosen.text
    with app.state.service.database.reading() as session:
        assignment = session.scalar(select(Assignment.id))
    assert chosen.headers["location"] == f"/en/assignments/{assignment}/edit"
    assert (await browser.send(page, **SHEET)).status_code == 409
    browser.client.cookies.clear()
    opened = await browser.launch(LEARNER, ResourceLink())
    assert opened.url.path == f"/en/assignments/{assignment}"


@pytest.mark.usefixtures("connected")
@on_both_databases
async def test_a_link_for_which_somebody_has_chosen_meanwhile(browser: Browser, app: FastAPI) -> None:
    first, second = [await browser.launch(TEACHER, ResourceLink()) for _ in range(2)]
    assert (await browser.send(first, **SHEET)).status_code == 303
    assert (await browser.send(second, **SHEET)).status_code == 409
    assert count(app, Assignment) == 1


@pytest.mark.usefixtures("connected")
async def test_a_link_has_one_assignment(browser: Browser, app: FastAPI) -> None:
    page = await browser.launch(TEACHER, ResourceLink())
    refused = await browser.send(page, **SHEET | {"how": "each"})
    assert refused.status_code == 422
    assert count(app, Assignment) == 0


# Content items


MIDNIGHT = datetime.fromisoformat("2026-09-01T00:00:00+08:00")
RECIPIENT = Recipient("https://lms.example.edu", "haitang", "1", "canvas")


def item(points: float = 5.0, product: str = RECIPIENT.product, **dates: datetime) -> dict[str, Any]:
    assignment = Assignment(id="a", title="Sheet", opens_at=None, due_at=None, closes_at=None)
    for name, date in dates.items():
        setattr(assignment, name, date)
    recipient, tool = replace(RECIPIENT, product=product), Tool("https://haitang.example.edu")
    return content_item(Picked(assignment, points), recipient, tool, line_item=True)


def test_dates_become_windows_and_the_link_stays_open_after_the_closing() -> None:
    made = item(opens_at=MIDNIGHT, due_at=MIDNIGHT.replace(day=8), closes_at=MIDNIGHT.replace(day=15))
    assert made["available"] == {"startDateTime": "2026-08-31T16:00:00Z"}
    assert made["submission"] == {"startDateTime": "2026-08-31T16:00:00Z", "endDateTime": "2026-09-07T16:00:00Z"}
    assert item(closes_at=MIDNIGHT)["submission"] == {"endDateTime": "2026-08-31T16:00:00Z"}
    assert not {"available", "submission"} & item().keys()


@pytest.mark.parametrize(
    ("points", "maximum"), [(1.0, 1), (100.0, 100), (100.5, 100), (101.0, 100), (2.5, 100), (1e6, 100)]
)
def test_moodle_gets_a_maximum_that_the_form_of_its_activities_takes(points: float, maximum: int) -> None:
    """Whole, and at most 100: of several links at once it would drop all others without a word. It scales scores."""
    assert repr(item(points, "moodle")["lineItem"]["scoreMaximum"]) == repr(maximum)
    assert item(points)["lineItem"]["scoreMaximum"] == points


def test_what_has_no_points_has_no_line_item() -> None:
    assert "lineItem" not in item(points=0.0)


def test_our_address_is_named_but_to_moodle() -> None:
    """Moodle looks for the tool by the address then, and may find another one of this host."""
    assert item()["url"] == "https://haitang.example.edu/lti/launch"
    assignment = Assignment(id="a", title="Sheet", opens_at=None, due_at=None, closes_at=None)
    moodle = replace(RECIPIENT, product="moodle")
    assert "url" not in content_item(Picked(assignment, 1.0), moodle, Tool("https://h.example"), line_item=True)


def test_items_are_json() -> None:
    assert json.loads(json.dumps(item(opens_at=MIDNIGHT))) == item(opens_at=MIDNIGHT)


@pytest.mark.parametrize(("points", "written"), [(5.0, "5"), (2.5, "2.5")])
def test_whole_points_are_whole_numbers(points: float, written: str) -> None:
    assert json.dumps(item(points)["lineItem"]["scoreMaximum"]) == written
