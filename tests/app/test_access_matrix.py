"""Who may do what: every operation of the OpenAPI document, called by everybody there is.

An operation without a row fails `test_every_operation_has_a_row`. A row says for each caller `ok` (not refused for who
they are, whatever else becomes of the request) or the status that refuses them: 401 without an account, 403 who may
know of it but not do it, 404 who may not even know of it. What is refused changes nothing.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES, Scope
from app.core.ids import new_id
from app.core.models import Base
from app.core.settings import Settings
from app.lti import models as lti
from app.main import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1"
SECRET = "a secret of the tests, which is long enough"
REFUSALS = {401, 403, 404}

ROLES = (
    "anonymous",
    "guest",
    "student",
    "student-elsewhere",
    "assistant",
    "instructor",
    "instructor-elsewhere",
    "administrator",
)
EVERYBODY = "ok ok ok ok ok ok ok ok"
USERS = "401 401 ok ok ok ok ok ok"
COURSE = "401 401 ok 404 ok ok 404 ok"
STAFF = "401 401 403 404 ok ok 404 ok"
STUDENTS = "401 401 ok 404 403 403 404 403"
INSTRUCTORS = "401 401 403 404 403 ok 404 ok"
OF_DRAFTS = "401 401 404 404 403 ok 404 ok"  # students don't know of what is not published
ADMINISTRATORS = "401 401 403 403 403 403 403 ok"

PRACTICE = {"problem": "1.4", "seed": 0, "form": "open", "answers": {"count": 128}}
# An address that is never called: it leads to this machine.
PLATFORM = dict.fromkeys(("authorization_url", "token_url", "keyset_url"), "https://localhost:9/") | {
    "name": "Moodle",
    "issuer": "https://moodle.example.edu",
    "client_id": "haitang",
    "deployments": ["1"],
}
ITEM = {"problem": "1.4", "form": "open", "points": 2, "seed_mode": "fixed", "seed": 0}


@dataclass(frozen=True)
class World:
    """Two courses and the people in them, in a database file. `names` are ids, by the parameters of paths."""

    file: Path
    names: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


Body = Callable[[dict[str, str]], dict[str, Any]]


@dataclass(frozen=True)
class Row:
    expected: str
    body: Body | dict[str, Any] | None = None
    names: dict[str, str] = field(default_factory=dict)  # parameters of the path that stand for something else here


def answer(names: dict[str, str]) -> dict[str, Any]:
    return {"assignment": names["assignment_id"], "item": names["item_id"], "answers": {"count": 128}}


MATRIX: dict[str, Row] = {
    "listProblems": Row(EVERYBODY),
    "getProblem": Row(EVERYBODY),
    "getVariant": Row(EVERYBODY),
    "getSolution": Row(EVERYBODY),
    "getSolutionTable": Row(EVERYBODY, names={"table": "iterates"}),
    "getHint": Row(EVERYBODY),
    "readAnswers": Row(EVERYBODY, {"form": "open", "answers": {"w": [0, 0, 0, 0]}}),
    "checkTrace": Row(EVERYBODY, {"trace": [[0, 0, 0, 0]]}),
    "isAlive": Row(EVERYBODY),
    "isReady": Row(EVERYBODY),
    # accounts
    "getMe": Row(EVERYBODY),
    "changePassword": Row(USERS, {"current": "not it", "password": "a new one, quite long"}),
    "listSessions": Row(USERS),
    "endSessions": Row(USERS),
    "createToken": Row(USERS, {"name": "x", "scopes": ["read"]}),
    "listTokens": Row(USERS),
    "revokeToken": Row("401 401 ok 404 404 404 404 404"),
    "listPeople": Row(ADMINISTRATORS),
    "createPerson": Row(ADMINISTRATORS, {"name": "New", "email": "new@example.edu"}),
    "getPerson": Row(ADMINISTRATORS),
    "changePerson": Row(ADMINISTRATORS, {"name": "Other"}),
    "createSignInLink": Row(ADMINISTRATORS),
    "forgetMe": Row(USERS, {"confirmation": "nobody@example.edu"}),
    "forgetPerson": Row(ADMINISTRATORS),
    "exportMe": Row(USERS),
    "exportPerson": Row(ADMINISTRATORS),
    "exportStudent": Row(STAFF),
    "listAuditEntries": Row(ADMINISTRATORS),
    "verifyAudit": Row(ADMINISTRATORS),
    # attempts
    "createAttempt": Row(EVERYBODY, PRACTICE),
    "createAttempt · in an assignment": Row(STUDENTS, answer),
    "listAttempts": Row(EVERYBODY),
    "getAttempt": Row("404 404 ok 404 404 404 404 404"),
    "getAttempt · in an assignment": Row("404 404 ok 404 ok ok 404 ok", names={"attempt_id": "assigned_attempt"}),
    "getAttempt · a guest's": Row("404 ok 404 404 404 404 404 404", names={"attempt_id": "guests_attempt"}),
    "getAttempt · nobody's": Row(EVERYBODY, names={"attempt_id": "nobodys_attempt"}),
    "getAssignedExercise": Row(COURSE),
    "listItemAttempts": Row(COURSE),
    "getItemSolution": Row("401 401 404 404 404 404 404 404"),  # not released
    "getItemTable": Row("401 401 404 404 404 404 404 404", names={"table": "iterates"}),
    "getItemFigure": Row("401 401 404 404 404 404 404 404", names={"figure": "cost", "theme": "light"}),
    "readAssignedAnswers": Row(COURSE, {"answers": {"count": "128"}}),
    "getDraft": Row(COURSE),
    "saveDraft": Row(STUDENTS, {"answers": {"count": "12"}}),
    "openHint": Row(STUDENTS),
    "listOverrides": Row(STAFF),
    "createOverride": Row(
        INSTRUCTORS, lambda names: {"person_id": names["person_id"], "points": 1.0, "reason": "a test"}
    ),
    "previewRegrade": Row(STAFF, lambda names: {"item": names["item_id"], "settings": {"points": 3.0}}),
    "createRegrade": Row(
        INSTRUCTORS, lambda names: {"item": names["item_id"], "settings": {"points": 3.0}, "reason": "a test"}
    ),
    "listRegrades": Row(STAFF),
    "getRegrade": Row(STAFF),
    "undoRegrade": Row(INSTRUCTORS, {"reason": "a test"}),
    "resumeRegrade": Row(INSTRUCTORS),
    # courses
    "listCourses": Row(USERS),
    "createCourse": Row("401 401 403 403 403 ok ok ok", {"title": "New", "time_zone": "Asia/Shanghai"}),
    "getCourse": Row(COURSE),
    "changeCourse": Row(INSTRUCTORS, {"title": "Other"}),
    "listCourseAuditEntries": Row(INSTRUCTORS),
    "listEnrolments": Row(STAFF),
    "createEnrolment": Row(INSTRUCTORS, {"email": "new@example.edu"}),
    "getEnrolment": Row("401 401 ok 404 ok ok 404 ok"),
    "changeEnrolment": Row(INSTRUCTORS, {"section": "B"}),
    "importClassList": Row(INSTRUCTORS, {"csv": "email\nnew@example.edu\n", "apply": True}),
    "createSignInLinks": Row(INSTRUCTORS),
    "listInvitations": Row(INSTRUCTORS),
    "createInvitation": Row(INSTRUCTORS, {"role": "student"}),
    "revokeInvitation": Row(INSTRUCTORS),
    "getOffer": Row(EVERYBODY, names={"token": "invitation_token"}),
    "createAccount": Row(
        EVERYBODY,
        lambda names: {
            "invitation": names["invitation_token"],
            "name": "New",
            "email": "new@example.edu",
            "password": "several words in a row",
        },
    ),
    "acceptInvitation": Row(USERS, lambda names: {"token": names["invitation_token"]}),
    "listAssignments": Row(COURSE),
    "createAssignment": Row(INSTRUCTORS, {"title": "New"}),
    "getAssignment": Row(COURSE),
    "getAssignment · a draft": Row("401 401 404 404 ok ok 404 ok", names={"assignment_id": "draft_id"}),
    "changeAssignment": Row(INSTRUCTORS, {"title": "Other"}),
    "deleteAssignment": Row(OF_DRAFTS, names={"assignment_id": "draft_id"}),
    "copyAssignment": Row(INSTRUCTORS, lambda names: {"course_id": names["course_id"]}),
    "unlockAssignment": Row(COURSE, {"password": "open"}),
    "previewAssignment": Row(STAFF),
    "listItems": Row(COURSE),
    "createItem": Row(INSTRUCTORS, ITEM),
    "getItem": Row(COURSE),
    "changeItem": Row(INSTRUCTORS, {"position": 1}),
    "deleteItem": Row(OF_DRAFTS, names={"item_id": "draft_item"}),
    "listExtensions": Row(STAFF),
    "createExtension": Row(STAFF, lambda names: {"person_id": names["person_id"], "extra_attempts": 1}),
    "changeExtension": Row(STAFF, {"extra_attempts": 2}),
    "deleteExtension": Row(STAFF),
    # learning platforms
    "getTool": Row(ADMINISTRATORS),
    "listPlatforms": Row(ADMINISTRATORS),
    "createPlatform": Row(ADMINISTRATORS, PLATFORM | {"client_id": "another"}),
    "getPlatform": Row(ADMINISTRATORS),
    "changePlatform": Row(ADMINISTRATORS, {"name": "Other"}),
    "createDeployment": Row(ADMINISTRATORS, {"deployment_id": "2"}),
    "deleteDeployment": Row(ADMINISTRATORS),
    "testPlatform": Row(ADMINISTRATORS),
    "listSentScores": Row(STAFF),
    "resendScores": Row(INSTRUCTORS, {}),
    "listRoster": Row(STAFF),
    "syncRoster": Row(INSTRUCTORS),
    "listLinks": Row(STAFF),
    "changeLink": Row(INSTRUCTORS, lambda names: {"assignment_id": names["draft_id"]}),
    "createRegistration": Row(ADMINISTRATORS),
    # reports
    "getReport": Row(STAFF),
    "getItemReports": Row(STAFF),
    "getConcepts": Row(STAFF),
    "getActivity": Row(STAFF),
    "getStudentReport": Row(STAFF),
    "getGradebookCsv": Row(STAFF),
    "getWorkbook": Row(STAFF),
    "getAttemptLines": Row(STAFF),
    # exports hold keys
    "exportProblem": Row("401 401 403 403 403 ok ok ok"),
    "exportAssignment": Row(STAFF),
    # webhooks
    "listWebhooks": Row(INSTRUCTORS),
    "createWebhook": Row(INSTRUCTORS, {"url": "https://192.0.43.8/hook"}),
    "getWebhook": Row(INSTRUCTORS),
    "changeWebhook": Row(INSTRUCTORS, {"enabled": False}),
    "deleteWebhook": Row(INSTRUCTORS),
    "rotateWebhookSecret": Row(INSTRUCTORS, {"overlap_hours": 1}),
    "pingWebhook": Row(INSTRUCTORS),
    "listDeliveries": Row(INSTRUCTORS),
    "getDelivery": Row(INSTRUCTORS),
    "resendDelivery": Row(INSTRUCTORS),
    "resendFailedDeliveries": Row(INSTRUCTORS),
}
UNREACHABLE = {"getFigure"}  # its addresses are signed, and belong to what anybody may see


def operations() -> Iterator[tuple[str, str, str, bool]]:
    """Operation id, method, path, and whether it needs an account."""
    for path, methods in create_app().openapi()["paths"].items():
        for method, operation in methods.items():
            security = operation.get("security", [{}])
            yield operation["operationId"], method.upper(), path, {} not in security


OPERATIONS = {id_: (method, path, guarded) for id_, method, path, guarded in operations()}


def row_cells() -> list[Any]:
    assert all(len(row.expected.split()) == len(ROLES) for row in MATRIX.values())
    return [pytest.param(row, key.partition(" · ")[0], id=key) for key, row in MATRIX.items()]


@contextlib.asynccontextmanager
async def running(file: Path) -> AsyncIterator[FastAPI]:
    settings = Settings(database_url=f"sqlite:///{file}", secret=SECRET, webhook_sender=False)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


def client_of(app: FastAPI, role: str, world: World) -> httpx.AsyncClient:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haitang.test")
    if role == "guest":
        response, scope = Response(), {"type": "http", "scheme": "http", "server": ("haitang.test", 80), "path": "/"}
        app.state.guests.remember(Request(scope | {"headers": []}), response, world.names["guest"])
        client.cookies.set("guest", response.headers["set-cookie"].split(";")[0].removeprefix("guest="))
    elif role != "anonymous":
        client.headers["Authorization"] = f"Bearer {world.tokens[role]}"
    return client


async def make_people(app: FastAPI, world: World) -> None:
    service = app.state.service
    for role in ROLES[2:]:

        def make(session, role: str = role):
            now, email = service.clock(), f"{role}@example.edu"
            id_ = people.create(session, None, now, name=role, email=email, is_admin=role == "administrator")
            return id_, *tokens.create(session, id_, "tests", SCOPES, now, timedelta(days=1))

        id_, token, world.tokens[role] = await service.writer.write(make)
        if role == "student":
            world.names.update(person_id=id_, token_id=token.id)


async def make_link(app: FastAPI, names: dict[str, str]) -> str:
    """What a launch makes: a link of the platform to the assignment."""
    id_, now = new_id(), app.state.service.clock()
    ours = {"deployment_id": names["deployment"], "created_at": now}
    context = lti.Context(
        id=id_, context_id="11", title="x", course_id=names["course_id"], scopes=[], updated_at=now, **ours
    )
    link = lti.Link(
        id=id_, resource_link_id="31", title="x", context_id=id_, assignment_id=names["assignment_id"], **ours
    )

    def job(session) -> None:
        session.add(context)
        session.flush()
        session.add(link)

    await app.state.service.writer.write(job)
    return id_


async def populate(world: World) -> None:
    """Make what the paths name: by the API itself, as its users would."""
    names = world.names
    names |= {"problem_id": "1.6", "seed": "0", "number": "1", "guest": new_id()}
    async with running(world.file) as app, contextlib.AsyncExitStack() as stack:
        await make_people(app, world)
        clients = {role: await stack.enter_async_context(client_of(app, role, world)) for role in ROLES}

        async def post(path: str, body: dict[str, Any], role: str = "administrator") -> dict[str, Any]:
            response = await clients[role].post(API + path, json=body)
            assert response.status_code == 201, (path, response.text)
            return response.json()

        for course in ("course_id", "other_course"):
            names[course] = (await post("/courses", {"title": course, "time_zone": "Asia/Shanghai"}))["id"]
        for role in reversed(ROLES[2:-1]):
            course = names["other_course" if role.endswith("-elsewhere") else "course_id"]
            body = {"email": f"{role}@example.edu", "role": role.removesuffix("-elsewhere"), "section": "A"}
            names["enrolment_id"] = (await post(f"/courses/{course}/enrolments", body))[
                "id"
            ]  # the student's comes last
        course = f"/courses/{names['course_id']}"
        for name, more in (("assignment", {"published": True}), ("draft", {})):
            made = await post(f"{course}/assignments", {"title": name, "items": [ITEM]} | more)
            listed = await clients["administrator"].get(f"{API}/assignments/{made['id']}/items")
            names |= {f"{name}_id": made["id"], f"{name}_item": listed.json()["items"][0]["id"]}
        names["item_id"] = names["assignment_item"]
        sheet = f"/assignments/{names['assignment_id']}"
        names["extension_id"] = (await post(f"{sheet}/extensions", {"section": "A", "extra_attempts": 1}))["id"]
        invited = await post(f"{course}/invitations", {"role": "student"})
        names |= {"invitation_id": invited["id"], "invitation_token": invited["token"]}
        platform = await post("/lti/platforms", PLATFORM)
        names |= {"platform_id": platform["id"], "deployment": platform["deployments"][0]["id"]}
        names["link_id"] = await make_link(app, names)
        for name, role in (("attempt_id", "student"), ("guests_attempt", "guest"), ("nobodys_attempt", "anonymous")):
            names[name] = (await post("/attempts", PRACTICE, role))["id"]
        names["assigned_attempt"] = (await post("/attempts", answer(names), "student"))["id"]
        regrade = {"item": names["item_id"], "settings": {"points": 5.0}, "reason": "a test"}
        names["regrade_id"] = (await post(f"{sheet}/regrades", regrade))["id"]
        names["webhook_id"] = (await post(f"{course}/webhooks", {"url": "https://192.0.43.8/hook"}))["id"]
        names["delivery_id"] = (await post(f"/webhooks/{names['webhook_id']}/ping", {}))["id"]


@pytest.fixture(scope="module")
def world(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    file = tmp_path_factory.mktemp("world") / "haitang.db"
    shutil.copy(migrated_sqlite, file)
    made = World(file)
    asyncio.run(populate(made))
    return made


def test_every_operation_has_a_row():
    assert {key.partition(" · ")[0] for key in MATRIX} | UNREACHABLE == set(OPERATIONS)


def test_what_needs_an_account_says_so_and_nothing_else_does():
    for key, row in MATRIX.items():
        guarded = row.expected.startswith("401")
        assert guarded == OPERATIONS[key.partition(" · ")[0]][2] or " · " in key, key


def counted(app: FastAPI) -> dict[str, int]:
    with app.state.service.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize(("row", "operation"), row_cells())
async def test_access(row: Row, operation: str, world: World, tmp_path: Path):
    method, path, _ = OPERATIONS[operation]
    names = world.names | {name: world.names.get(value, value) for name, value in row.names.items()}
    expected = dict(zip(ROLES, row.expected.split(), strict=True))
    seen: dict[str, str] = {}

    async def call(app: FastAPI, role: str) -> str:
        async with client_of(app, role, world) as client:
            body = row.body(names) if callable(row.body) else row.body
            response = await client.request(method, path.format(**names), json=body)
        assert response.status_code < 500, response.text
        return str(response.status_code) if response.status_code in REFUSALS else "ok"

    shutil.copy(world.file, tmp_path / "refused.db")
    async with running(tmp_path / "refused.db") as app:
        before = counted(app)
        for role in ROLES:
            if method == "GET" or expected[role] != "ok":
                seen[role] = await call(app, role)
        assert counted(app) == before
    for role in ROLES:
        if role not in seen:  # it may change something, which must not be in the way of the next
            shutil.copy(world.file, tmp_path / f"{role}.db")
            async with running(tmp_path / f"{role}.db") as app:
                seen[role] = await call(app, role)
    assert seen == expected


@pytest.mark.parametrize("scope", SCOPES)
async def test_tokens_do_nothing_beyond_their_scope(scope: Scope, world: World, tmp_path: Path):
    """An administrator's token with one scope: `read` changes nothing, and the other two look at nothing guarded."""
    shutil.copy(world.file, tmp_path / "haitang.db")
    async with running(tmp_path / "haitang.db") as app:
        service = app.state.service

        def make(session):
            now = service.clock()
            owner = people.find_by_email(session, "administrator@example.edu").id
            return tokens.create(session, owner, scope, [scope], now, timedelta(days=1))[1]

        token = await service.writer.write(make)
        before = counted(app)
        passed = set()
        async with client_of(app, "anonymous", world) as client:
            client.headers["Authorization"] = f"Bearer {token}"
            for operation, (method, path, guarded) in OPERATIONS.items():
                if guarded and (method != "GET" or scope != "read"):
                    row = MATRIX[operation]
                    body = row.body(world.names) if callable(row.body) else row.body
                    names = world.names | {name: world.names.get(value, value) for name, value in row.names.items()}
                    response = await client.request(method, path.format(**names), json=body)
                    if "insufficient-scope" not in response.text:
                        passed.add(operation)
        if scope == "read":
            assert passed == {"previewRegrade", "readAssignedAnswers"}  # POSTs that change nothing
            assert counted(app) == before
        elif scope == "attempt":
            assert passed == {"saveDraft", "unlockAssignment", "openHint"}
        else:
            assert not passed & {"saveDraft", "unlockAssignment", "openHint", "previewRegrade", "readAssignedAnswers"}
