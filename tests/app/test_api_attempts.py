"""/api/v1/attempts: what is stored and answered, and how bad input ends."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.accounts.cookies import SECURE_PREFIX
from app.accounts.guests import COOKIE
from app.accounts.models import Person
from app.attempts.models import Attempt, Score, Variant
from app.attempts.submit import Submission, submit
from app.core.clock import utc_now
from app.core.errors import GradingFailedError
from app.core.ids import new_id
from app.core.settings import Settings
from app.main import create_app
from problems.answers import Integer
from problems.catalogue import find
from problems.dealing import deal
from problems.problem import Field, Problem
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio

Browse = Callable[[FastAPI], httpx.AsyncClient]

SOME_ID = "01a20565-703a-7280-9bda-b2d86f8c20fd"  # of nothing that exists; workers must collect the same tests
ATTEMPTS = "/api/v1/attempts"
JSON = {"Content-Type": "application/json"}


def body(**changed: Any) -> dict[str, Any]:
    return {"problem": "1.6", "seed": 3, "form": "open", "answers": {"w": [0, 0, 0, 0]}} | changed


def key(problem: str, seed: int, form: str) -> Any:
    """The right answers, as JSON."""
    return deal(find(problem), seed).keys(form, "corrected")[0]


def count(app: FastAPI, table: Any) -> int:
    with app.state.service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def sign(app: FastAPI, client: httpx.AsyncClient) -> str:
    """Make the client a guest, as the pages do."""
    person = new_id()
    client.cookies.set(COOKIE, f"{person}.{app.state.guests._mac(person)}")
    return person


class Gate:
    """A job that holds the writer up until it is opened."""

    def __init__(self, app: FastAPI) -> None:
        self._opened = threading.Event()
        self._entered = threading.Event()
        self._writing = asyncio.ensure_future(app.state.service.writer.write(self._wait))

    def _wait(self, _session: Any) -> None:
        self._entered.set()
        assert self._opened.wait(10)

    async def __aenter__(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, 10)

    async def __aexit__(self, *_: object) -> None:
        self._opened.set()
        await self._writing


async def writes_waiting(app: FastAPI, number: int) -> None:
    while app.state.service.writer._unanswered < number:  # noqa: ASYNC110 - the writer has no event for it
        await asyncio.sleep(0.01)


# What is right


async def test_an_attempt_is_graded_stored_and_found_again(client: httpx.AsyncClient, app: FastAPI):
    answers = {"w": key("1.6", 3, "open")["w"]}
    response = await client.post(ATTEMPTS, json=body(answers=answers))
    assert response.status_code == 201
    attempt = response.json()
    assert (attempt["correct"], attempt["score"], attempt["max_score"]) == (True, 1.0, 1.0)
    (field,) = attempt["fields"]
    assert (field["name"], field["parts"], field["mistake"]) == ("w", [True] * 4, None)
    assert field["feedback"] == {"en": "Right.", "zh": "正确。"}
    assert response.headers["location"] == f"{ATTEMPTS}/{attempt['id']}"
    found = await client.get(response.headers["location"])
    assert found.content == response.content
    assert (count(app, Attempt), count(app, Score), count(app, Variant), count(app, Person)) == (1, 1, 1, 0)


async def test_a_wrong_answer_is_an_attempt_too(client: httpx.AsyncClient):
    attempt = (await client.post(ATTEMPTS, json=body(answers={"w": ["−0.5", ".5", "7/2", "1e-3"]}))).json()
    (field,) = attempt["fields"]
    assert (attempt["correct"], attempt["score"]) == (False, 0.0)
    assert field["read_as"] == "(-0.5, 0.5, 3.5, 0.001)"
    assert field["parts"] == [False] * 4


async def test_a_known_mistake_is_named(client: httpx.AsyncClient):
    mistaken = deal(find("1.6"), 3).mistaken
    named = {}
    for mistake, answers in mistaken.items():
        attempt = (await client.post(ATTEMPTS, json=body(answers=answers))).json()
        named[mistake] = attempt["fields"][0]["mistake"]
    # Where two mistakes lead to the same answer, none is named.
    assert set(named.values()) - {None}
    assert all(found in {mistake, None} for mistake, found in named.items())


async def test_attempts_at_one_variant_share_its_row(client: httpx.AsyncClient, app: FastAPI):
    for seed in (3, 4, 3, 3):
        assert (await client.post(ATTEMPTS, json=body(seed=seed))).status_code == 201
    assert (count(app, Attempt), count(app, Variant)) == (4, 2)


@pytest.mark.parametrize(
    ("problem", "form"), [("1.6", "open"), ("1.6", "choice"), ("1.1", "choice"), ("2.2", "choice")]
)
@on_one_database
async def test_a_stored_variant_is_graded_as_it_was_dealt(browse: Browse, problem: str, form: str, settings: Settings):
    """After a restart the variant comes from the database, with the same options in the same order."""
    shown, graded = [], []
    for _ in range(2):
        app = create_app(settings)
        async with app.router.lifespan_context(app), browse(app) as client:
            shown.append((await client.get(f"/api/v1/problems/{problem}/variants/5?form={form}")).content)
            sent = body(problem=problem, seed=5, form=form, answers=key(problem, 5, form))
            graded.append((await client.post(ATTEMPTS, json=sent)).json()["correct"])
    assert shown[0] == shown[1]
    assert graded == [True, True]


@on_one_database
async def test_what_is_stored_wins_over_what_would_be_dealt_today(client: httpx.AsyncClient, app: FastAPI):
    dealt, other = deal(find("1.6"), 3), deal(find("1.6"), 4)

    def store_other_parameters(session: Any) -> None:
        session.add(
            Variant(
                problem="1.6", version=dealt.problem.version, seed=3, parameters=other.parameters,
                options={"answer": [["A", "key"]]}, redraws=0, created_at=utc_now(),
            )
        )  # fmt: skip

    await app.state.service.writer.write(store_other_parameters)
    assert (await client.get("/api/v1/problems/1.6/variants/3")).json()["data"] == other.parameters
    sent = body(answers={"w": other.solved["w"]})
    assert (await client.post(ATTEMPTS, json=sent)).json()["correct"] is True


# What can't be read


@pytest.mark.parametrize(
    ("answers", "pointers"),
    [
        ({"w": [1, 2]}, ["/answers/w"]),
        ({"w": [[1, 2], [3, 4]]}, ["/answers/w"]),
        ({"w": ["1,5", 0, 0, 0]}, ["/answers/w/0"]),
        ({"w": [0, "x", None, True]}, ["/answers/w/1"]),
        ({"w": "[1 2 3"}, ["/answers/w"]),
        ({"w": None}, ["/answers/w"]),
        ({"w": {}}, ["/answers/w"]),
        ({}, ["/answers/w"]),
        ({"w": [0, 0, 0, 0], "v": 1}, ["/answers/v"]),
        ({"w": [0, 0, 0, 0], "a/b~c": 1}, ["/answers/a~1b~0c"]),
        ({"w": [10**400, 0, 0, 0]}, ["/answers/w/0"]),
        ({"w": [2**63, 0, 0, -(2**63)]}, ["/answers/w/0", "/answers/w/3"]),
        ({"w": ["9" * 65, 0, 0, 0]}, ["/answers/w/0"]),
        ({"w": ["\x00", 0, 0, 0]}, ["/answers/w/0"]),
        ({"w": ["\ud800", 0, 0, 0]}, ["/answers/w/0"]),
        ({"\udfff": 1}, ["/answers"]),
    ],
)
@on_one_database
async def test_unreadable_answers_are_refused_with_a_pointer(
    answers: Any, pointers: list[str], client: httpx.AsyncClient, app: FastAPI
):
    response = await client.post(ATTEMPTS, content=json.dumps(body(answers=answers)), headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    faults = response.json()["errors"]
    assert [fault["pointer"] for fault in faults] == pointers
    assert all(fault["detail"] and fault["detail_zh"] for fault in faults)
    assert count(app, Attempt) == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999", "-1e999999", "9" * 5000])
@pytest.mark.parametrize("place", ["answers", "seed"])
@on_one_database
async def test_numbers_that_are_not_finite(number: str, place: str, client: httpx.AsyncClient):
    sent = json.dumps(body(**{place: "HERE"} if place == "seed" else {place: {"w": ["HERE", 0, 0, 0]}}))
    response = await client.post(ATTEMPTS, content=sent.replace('"HERE"', number), headers=JSON)
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/seed" if place == "seed" else "/answers/w/0"]


@pytest.mark.parametrize(
    ("content", "status", "slug"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b"{} {}", 400, "malformed-json"),
        (b'{"problem": "\xff"}', 400, "malformed-json"),
        (b"\xef\xbb\xbf{}", 400, "malformed-json"),
        (json.dumps(body()).encode("utf-16"), 400, "malformed-json"),
        (b'{"seed": 1, "seed": 2}', 422, "invalid-request"),
        (b"[" * 100_000 + b"]" * 100_000, 422, "invalid-request"),
        (b'{"answers":' * 40 + b"1" + b"}" * 40, 422, "invalid-request"),
        (b"null", 422, "invalid-request"),
        (b"[]", 422, "invalid-request"),
        (b'"1.6"', 422, "invalid-request"),
        (b" " * 2_000_000, 413, "content-too-large"),
    ],
    ids=lambda value: str(value)[:24],
)
@on_one_database
async def test_bodies_that_are_no_attempt(content: bytes, status: int, slug: str, client: httpx.AsyncClient):
    response = await client.post(ATTEMPTS, content=content, headers=JSON)
    assert (response.status_code, response.json()["type"]) == (status, f"/errors/{slug}")
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"problem": "9.9"}, "/problem"),
        ({"problem": 1.6}, "/problem"),
        ({"problem": "1.6\n"}, "/problem"),
        ({"seed": -1}, "/seed"),
        ({"seed": 2**53}, "/seed"),
        ({"seed": "3"}, "/seed"),
        ({"seed": 3.5}, "/seed"),
        ({"seed": True}, "/seed"),
        ({"seed": None}, "/seed"),
        ({"form": "essay"}, "/form"),
        ({"form": None}, "/form"),
        ({"problem": "1.1"}, "/form"),
        ({"answers": []}, "/answers"),
        ({"answers": "B"}, "/answers"),
        ({"comment": "hello"}, "/comment"),
    ],
)
@on_one_database
async def test_members_that_are_not_accepted(changed: dict[str, Any], pointer: str, client: httpx.AsyncClient):
    response = await client.post(ATTEMPTS, json=body(**changed))
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["detail"]
    assert fault["detail_zh"]


@pytest.mark.parametrize("missing", ["problem", "seed", "form", "answers"])
@on_one_database
async def test_members_that_are_missing(missing: str, client: httpx.AsyncClient):
    sent = body()
    del sent[missing]
    faults = (await client.post(ATTEMPTS, json=sent)).json()["errors"]
    assert faults == [{"pointer": f"/{missing}", "detail": "This is missing.", "detail_zh": "缺少此项。"}]


@on_one_database
async def test_three_point_zero_is_a_whole_number(client: httpx.AsyncClient):
    content = json.dumps(body()).replace('"seed": 3', '"seed": 3.0')
    assert (await client.post(ATTEMPTS, content=content, headers=JSON)).json()["seed"] == 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=gbk"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
@on_one_database
async def test_other_kinds_of_body(headers: dict[str, str], client: httpx.AsyncClient):
    response = await client.post(ATTEMPTS, content=json.dumps(body()), headers=headers)
    assert (response.status_code, response.json()["type"]) == (415, "/errors/unsupported-media-type")


# Repeating a request


async def test_a_retry_returns_the_first_result_byte_for_byte(client: httpx.AsyncClient, app: FastAPI):
    headers = {"Idempotency-Key": "c4f0"}
    first = await client.post(ATTEMPTS, json=body(), headers=headers)
    again = await client.post(ATTEMPTS, json=body(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert count(app, Attempt) == 1


async def test_the_order_of_members_does_not_make_another_request(client: httpx.AsyncClient):
    headers = {"Idempotency-Key": "c4f0"}
    first = await client.post(ATTEMPTS, json=body(), headers=headers)
    turned = dict(reversed(body().items()))
    assert (await client.post(ATTEMPTS, json=turned, headers=headers)).content == first.content


@pytest.mark.parametrize("changed", [{"answers": {"w": [1, 0, 0, 0]}}, {"seed": 4}, {"problem": "1.7"}])
async def test_the_same_key_with_another_content_is_a_conflict(
    changed: dict[str, Any], client: httpx.AsyncClient, app: FastAPI
):
    headers = {"Idempotency-Key": "c4f0"}
    await client.post(ATTEMPTS, json=body(), headers=headers)
    response = await client.post(ATTEMPTS, json=body(**changed), headers=headers)
    assert (response.status_code, response.json()["type"]) == (409, "/errors/idempotency-key-reused")
    assert count(app, Attempt) == 1


async def test_concurrent_retries_make_one_attempt(client: httpx.AsyncClient, app: FastAPI):
    headers = {"Idempotency-Key": "c4f0"}
    responses = await asyncio.gather(*(client.post(ATTEMPTS, json=body(), headers=headers) for _ in range(20)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert count(app, Attempt) == 1


async def test_two_processes_make_one_attempt_of_one_key(browse: Browse, app: FastAPI, settings: Settings):
    """Two services on one database: what the first one's writer can't see, the database refuses."""
    other = create_app(settings)
    headers = {"Idempotency-Key": "c4f0"}
    async with other.router.lifespan_context(other), browse(app) as one, browse(other) as two:
        responses = await asyncio.gather(
            *(client.post(ATTEMPTS, json=body(), headers=headers) for client in (one, two) for _ in range(5))
        )
    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert count(app, Attempt) == 1


async def test_a_key_belongs_to_who_sent_it(client: httpx.AsyncClient, app: FastAPI):
    headers = {"Idempotency-Key": "c4f0"}
    nobodys = await client.post(ATTEMPTS, json=body(), headers=headers)
    sign(app, client)
    mine = await client.post(ATTEMPTS, json=body(), headers=headers)
    assert (nobodys.status_code, mine.status_code) == (201, 201)
    assert nobodys.json()["id"] != mine.json()["id"]


@on_one_database
async def test_an_unreadable_answer_does_not_use_up_its_key(client: httpx.AsyncClient):
    headers = {"Idempotency-Key": "c4f0"}
    assert (await client.post(ATTEMPTS, json=body(answers={"w": "x"}), headers=headers)).status_code == 422
    assert (await client.post(ATTEMPTS, json=body(), headers=headers)).status_code == 201


@pytest.mark.parametrize("unfit", ["", "two words", "k" * 256, "schlüssel".encode("latin-1")])
@on_one_database
async def test_keys_that_are_no_keys(unfit: Any, client: httpx.AsyncClient):
    response = await client.post(ATTEMPTS, json=body(), headers={"Idempotency-Key": unfit})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "header/Idempotency-Key"


@on_one_database
async def test_the_longest_key(client: httpx.AsyncClient):
    assert (await client.post(ATTEMPTS, json=body(), headers={"Idempotency-Key": "~" * 255})).status_code == 201


# Whose attempts


async def test_a_guest_lists_their_own_attempts_in_pages(client: httpx.AsyncClient, app: FastAPI):
    person = sign(app, client)
    made = [(await client.post(ATTEMPTS, json=body(seed=seed))).json() for seed in (1, 2, 3, 4, 5)]
    first = (await client.get(ATTEMPTS, params={"limit": 2})).json()
    second = (await client.get(ATTEMPTS, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    # What comes meanwhile stands before the first page and moves nothing.
    await client.post(ATTEMPTS, json=body(seed=6))
    third = (await client.get(ATTEMPTS, params={"limit": 2, "cursor": second["next_cursor"]})).json()
    assert first["items"] + second["items"] + third["items"] == made[::-1]
    assert third["next_cursor"] is None
    with app.state.service.database.reading() as session:
        assert session.scalars(select(Person.id)).all() == [person]


async def test_others_can_neither_list_nor_read_a_guests_attempts(
    browse: Browse, client: httpx.AsyncClient, app: FastAPI
):
    sign(app, client)
    mine = (await client.post(ATTEMPTS, json=body())).headers["location"]
    async with browse(app) as bare, browse(app) as other:
        sign(app, other)
        for stranger in (bare, other):
            assert (await stranger.get(ATTEMPTS)).json() == {"items": [], "next_cursor": None}
            response = await stranger.get(mine)
            assert (response.status_code, response.json()["type"]) == (404, "/errors/unknown-attempt")
    assert (await client.get(mine)).status_code == 200


async def test_the_bare_api_knows_nobody_and_sets_no_cookie(client: httpx.AsyncClient):
    posted = await client.post(ATTEMPTS, json=body())
    assert "set-cookie" not in posted.headers
    assert (await client.get(ATTEMPTS)).json()["items"] == []
    assert (await client.get(posted.headers["location"])).status_code == 200


@pytest.mark.parametrize("unknown", [SOME_ID, "1", "%00", "A" * 36, "..%2F"])
async def test_attempts_that_do_not_exist(unknown: str, client: httpx.AsyncClient):
    assert (await client.get(f"{ATTEMPTS}/{unknown}")).status_code == 404


@pytest.mark.parametrize("cursor", ["x", "MTo", "%00", "MToA", "é", "a" * 201])
async def test_cursors_that_this_server_did_not_make(cursor: str, client: httpx.AsyncClient):
    response = await client.get(f"{ATTEMPTS}?cursor={cursor}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "query/cursor"


@pytest.mark.parametrize("forged", ["", ".", "nobody.", f"{SOME_ID}.", f"{SOME_ID}.{'A' * 43}", "é" * 36 + ".é"])
@on_one_database
async def test_a_cookie_that_was_not_signed_here_makes_nobody(forged: str, client: httpx.AsyncClient, app: FastAPI):
    headers = [(b"Cookie", f"{COOKIE}={forged}".encode())]
    assert (await client.post(ATTEMPTS, json=body(), headers=headers)).status_code == 201
    assert count(app, Person) == 0


@on_one_database
async def test_over_https_only_the_host_cookie_counts(app: FastAPI):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://haitang.test") as client:
        person = sign(app, client)
        assert (await client.post(ATTEMPTS, json=body())).status_code == 201
        assert count(app, Person) == 0
        client.cookies.set(f"{SECURE_PREFIX}{COOKIE}", f"{person}.{app.state.guests._mac(person)}")
        assert (await client.post(ATTEMPTS, json=body())).status_code == 201
        assert count(app, Person) == 1


class TestWithoutGuestPractice:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"guest_practice": False})

    @on_one_database
    async def test_answers_need_an_account(self, client: httpx.AsyncClient, app: FastAPI):
        response = await client.post(ATTEMPTS, json=body())
        assert (response.status_code, response.json()["type"]) == (401, "/errors/account-required")
        assert count(app, Attempt) == 0
        assert (await client.get("/api/v1/problems/1.6/variants/3")).status_code == 200


# What may fail here


def unsolvable(_: Any) -> Any:
    raise ZeroDivisionError("the solver's own fault")


def broken_problem() -> Problem[Any]:
    return Problem(
        id="1.99",
        version=1,
        topic="faults",
        folder=Path(),
        printed={},
        draw=lambda _: {},
        solve=unsolvable,
        fields=lambda _: (Field(name="count", kind=Integer()),),
    )


async def test_a_grader_that_fails_keeps_the_attempt_without_a_score(client: httpx.AsyncClient, app: FastAPI):
    def answer() -> Submission:
        return Submission(
            problem=broken_problem(), seed=0, form="open", answers={"count": 3}, received_at=utc_now(),
            idempotency_key="c4f0",
        )  # fmt: skip

    with pytest.raises(GradingFailedError) as failed:
        await submit(app.state.service, answer())
    stored = (await client.get(f"{ATTEMPTS}/{failed.value.members['attempt']}")).json()
    assert (stored["answers"], stored["score"], stored["correct"], stored["fields"]) == ({"count": 3}, None, None, [])
    with pytest.raises(GradingFailedError) as again:
        await submit(app.state.service, answer())
    assert again.value.members == failed.value.members
    assert (count(app, Attempt), count(app, Score)) == (1, 0)


class TestAFullWriter:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"writer_queue": 2})

    async def test_says_when_to_try_again(self, client: httpx.AsyncClient, app: FastAPI):
        async with Gate(app):
            waiting = asyncio.ensure_future(client.post(ATTEMPTS, json=body()))
            await writes_waiting(app, 2)
            refused = await client.post(ATTEMPTS, json=body())
            assert (refused.status_code, refused.json()["type"]) == (503, "/errors/unavailable")
            assert refused.headers["retry-after"] == "1"
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get("/healthz")).status_code == 200
        assert (await waiting).status_code == 201
        assert (await client.get("/readyz")).status_code == 200
        assert count(app, Attempt) == 1


@on_one_database
async def test_a_stop_finishes_what_was_accepted_and_takes_no_more(browse: Browse, settings: Settings):
    app = create_app(settings)
    async with browse(app) as client:
        async with app.router.lifespan_context(app):
            await client.post(ATTEMPTS, json=body())
            async with Gate(app):
                accepted = [asyncio.ensure_future(client.post(ATTEMPTS, json=body())) for _ in range(10)]
                await writes_waiting(app, 11)
        assert [response.status_code for response in await asyncio.gather(*accepted)] == [201] * 10
        assert (await client.post(ATTEMPTS, json=body())).status_code == 503
    again = create_app(settings)
    async with again.router.lifespan_context(again):
        assert count(again, Attempt) == 11
