"""The self-test: each thing that goes wrong in real set-ups, and the sentence that says so."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc.jwk import ECKey, OctKey
from typer.testing import CliRunner

from app.cli import cli
from app.cli_support import write
from app.core.clock import utc_now
from app.core.settings import Settings
from app.lti import claims as names
from app.lti import platforms
from app.lti.keys import public_jwks
from app.lti.keyset_check import is_usable
from tests.app.conftest import Account
from tests.lti.platform import TEACHER, Answer, Course, Platform, Request, new_key, public
from tests.lti.setup.conftest import Browser, registration

pytestmark = pytest.mark.anyio

HTML = "text/html; charset=utf-8"
Checks = dict[str, dict[str, str]]


async def self_test(administrator: Account, connected: dict[str, Any]) -> tuple[bool, Checks]:
    """Whether nothing is at fault, and each check by its name."""
    made = await administrator.client.post(f"/api/v1/lti/platforms/{connected['id']}/self-test")
    assert made.status_code == 200, made.text
    assert all(check["detail"] and check["detail_zh"] for check in made.json()["checks"])
    return made.json()["healthy"], {check["name"]: check for check in made.json()["checks"]}


async def test_all_is_well(administrator: Account, connected: dict[str, Any], browser: Browser) -> None:
    await browser.launch(TEACHER, Course())
    healthy, checks = await self_test(administrator, connected)
    assert healthy
    # Nobody knows the name under which the tests run.
    assert {name for name, check in checks.items() if check["state"] != "ok"} == {"own-keys"}


def answering(answer: Answer) -> Callable[[Request, re.Match[str]], Answer]:
    return lambda _request, _match: answer


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer("<h1>Not found</h1>", 404, content_type=HTML), "answers 404"),
        (Answer("", 302, {"Location": "https://lms.example.edu/login"}), "leads on to https://lms.example.edu/login"),
        (Answer("<!DOCTYPE html><title>Log in</title>", content_type=HTML), "something else, such as a web page"),
        (Answer({"keys": []}), "no key that can be used"),
        (Answer([]), "something else"),
        (Answer({"keys": [OctKey.generate_key(256).as_dict(private=True)]}), "no key that can be used"),
        (Answer(b"x" * 300_000), "too large"),
    ],
)
async def test_a_key_set_that_is_none(
    administrator: Account, connected: dict[str, Any], platform: Platform, answer: Answer, sentence: str
) -> None:
    platform.on("GET", "/jwks", answering(answer))
    healthy, checks = await self_test(administrator, connected)
    assert not healthy
    assert checks["keyset"]["state"] == "fault"
    assert sentence in checks["keyset"]["detail"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            Answer("<html><head><title>Log in to the site</title></head></html>", content_type=HTML),
            "a web page (“Log in to the site”)",
        ),
        (Answer("<h1>Not found</h1>", 404, content_type=HTML), "404"),
        (Answer("", 303, {"Location": "https://lms.example.edu/login"}), "leads on to https://lms.example.edu/login"),
        (Answer({"error": "invalid_client"}, 400), "client id, or can't verify our signature"),
        (
            Answer({"error": "invalid_client", "error_description": "Invalid 'aud' in assertion"}, 401),
            "Enter as the token audience",
        ),
        (Answer({"error": "invalid_scope"}, 400), "Switch that service on"),
        (Answer({"error": "invalid_grant"}, 400), "could not verify our signature"),
        (Answer({"error": "slow_down"}, 400), "It says: slow_down"),
        (Answer({"message": "oh"}, 500), "in trouble"),
        (Answer({"token": "x"}), "no token in it"),
        (Answer({"access_token": "x", "scope": "other"}), "but not for sending scores"),
    ],
)
async def test_a_token_endpoint_that_gives_none(
    administrator: Account, connected: dict[str, Any], platform: Platform, answer: Answer, sentence: str
) -> None:
    platform.on("POST", "/token", answering(answer))
    healthy, checks = await self_test(administrator, connected)
    assert not healthy
    assert checks["token-scores"]["state"] == "fault"
    assert sentence in checks["token-scores"]["detail"]


async def test_a_platform_without_class_lists_is_only_warned_of(
    administrator: Account, connected: dict[str, Any], platform: Platform
) -> None:
    def refuse_memberships(request: Request, match: re.Match[str]) -> Answer:
        if names.SCOPE_MEMBERSHIPS in request.form()["scope"]:
            return Answer({"error": "invalid_scope"}, 400)
        return platform._answer_token(request, match)

    platform.on("POST", "/token", refuse_memberships)
    healthy, checks = await self_test(administrator, connected)
    assert healthy
    assert checks["token-class-list"]["state"] == "warning"
    assert "reading class lists" in checks["token-class-list"]["detail"]


async def test_a_wrong_client_id_really_fails(
    administrator: Account, connected: dict[str, Any], platform: Platform
) -> None:
    platform.client_id = "another"
    _, checks = await self_test(administrator, connected)
    assert "does not know us by this client id" in checks["token-scores"]["detail"]


async def test_a_wrong_audience_is_mended_by_the_right_one(administrator: Account, connected: dict[str, Any]) -> None:
    address = f"/api/v1/lti/platforms/{connected['id']}"
    await administrator.client.patch(address, json={"token_audience": "https://lms.example.edu/other"})
    _, checks = await self_test(administrator, connected)
    assert checks["token-scores"]["state"] == "fault"
    assert "aud" in checks["token-scores"]["detail"]
    await administrator.client.patch(address, json={"token_audience": None})
    _, checks = await self_test(administrator, connected)
    assert checks["token-scores"]["state"] == "ok"


async def test_a_platform_that_does_not_know_our_keys(
    administrator: Account, connected: dict[str, Any], platform: Platform
) -> None:
    stranger = public(new_key())
    platform.tool_keys = lambda: {"keys": [stranger]}
    _, checks = await self_test(administrator, connected)
    assert "has our key set https://haitang.test/lti/jwks" in checks["token-scores"]["detail"]


async def test_nobody_there(administrator: Account, platform: Platform) -> None:
    nowhere = registration(platform, keyset_url="http://127.0.0.1:9/", token_url="http://127.0.0.1:9/")
    made = await administrator.client.post("/api/v1/lti/platforms", json=nowhere)
    _, checks = await self_test(administrator, made.json())
    assert "Nobody answers" in checks["keyset"]["detail"]
    assert "Nobody answers" in checks["token-scores"]["detail"]
    assert "clock" not in checks


@pytest.mark.parametrize(
    ("apart", "state", "sentence"),
    [
        (timedelta(), "ok", "agree"),
        # Dates are in whole seconds, and the answer takes its time.
        (timedelta(seconds=30), "warning", "(29|30|31) seconds ahead of"),
        (timedelta(seconds=-30), "warning", "(29|30|31) seconds behind"),
        (timedelta(minutes=10), "fault", "(599|600|601) seconds ahead of"),
    ],
)
async def test_clocks(
    administrator: Account,
    connected: dict[str, Any],
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    apart: timedelta,
    state: str,
    sentence: str,
) -> None:
    def date(_connection: object, _timestamp: float | None = None) -> str:
        return format_datetime((datetime.now(UTC) + apart).replace(microsecond=0), usegmt=True)

    monkeypatch.setattr(platform._server.RequestHandlerClass, "date_time_string", date)
    _, checks = await self_test(administrator, connected)
    assert checks["clock"]["state"] == state
    assert re.search(sentence, checks["clock"]["detail"])


async def test_what_is_not_set_up_yet(administrator: Account, platform: Platform) -> None:
    made = await administrator.client.post("/api/v1/lti/platforms", json=registration(platform, deployments=[]))
    healthy, checks = await self_test(administrator, made.json())
    assert not healthy
    assert checks["deployments"]["state"] == "fault"
    assert checks["launches"]["state"] == "warning"
    await administrator.client.patch(f"/api/v1/lti/platforms/{made.json()['id']}", json={"disabled": True})
    _, checks = await self_test(administrator, made.json())
    assert checks["disabled"]["state"] == "fault"


async def test_a_refused_launch_is_told_with_its_reason(
    administrator: Account, connected: dict[str, Any], browser: Browser, platform: Platform
) -> None:
    platform.bend = lambda message: message.update({names.DEPLOYMENT_ID: "77"})
    assert (await browser.launch(TEACHER, Course())).status_code == 403
    _, checks = await self_test(administrator, connected)
    assert checks["refusals"]["state"] == "warning"
    assert "unknown-deployment: deployment_id is '77'." in checks["refusals"]["detail"]


class TestOurOwnKeys:
    """The key set is looked at where platforms fetch it: below the public address."""

    @pytest.fixture
    def settings(self, settings: Settings, platform: Platform) -> Settings:
        return settings.model_copy(update={"public_url": platform.address})

    async def test_they_are_served(
        self, app: FastAPI, administrator: Account, connected: dict[str, Any], platform: Platform
    ) -> None:
        jwks = await public_jwks(app.state.service)
        platform.on("GET", "/lti/jwks", answering(Answer(jwks)))
        _, checks = await self_test(administrator, connected)
        assert checks["own-keys"]["state"] == "ok"
        assert checks["address"]["state"] == "warning"  # no TLS, which only development may do without

    async def test_something_else_is_served(
        self, administrator: Account, connected: dict[str, Any], platform: Platform
    ) -> None:
        platform.on("GET", "/lti/jwks", answering(Answer({"keys": [public(new_key())]})))
        healthy, checks = await self_test(administrator, connected)
        assert not healthy
        assert "not the key set of this service" in checks["own-keys"]["detail"]


def without(key: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in key.items() if each != name}


def test_which_keys_can_verify_a_launch() -> None:
    good = public(new_key())
    assert is_usable(good)
    assert is_usable(without(without(good, "alg"), "use"))
    assert not is_usable(without(good, "kid"))
    assert not is_usable(good | {"use": "enc"})
    assert not is_usable(good | {"alg": "RS512"})
    assert not is_usable(good | {"n": good["n"][:171]})
    assert not is_usable(ECKey.generate_key("P-256").as_dict(private=False) | {"kid": "curve"})
    assert not is_usable("key")


def test_the_command_line_says_the_same(
    settings: Settings, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`haitang lti check`, without a server."""
    monkeypatch.setenv("HAITANG_LTI_ALLOW_LOOPBACK", "true")
    monkeypatch.setenv("HAITANG_SECRET", "a secret of the tests, which is long enough")
    monkeypatch.setenv("HAITANG_DATABASE_URL", settings.database_url)
    nothing = CliRunner().invoke(cli, ["lti", "check"])
    assert (nothing.exit_code, nothing.output) == (0, "No platform is connected.\n")
    told = registration(platform, product="moodle")
    deployments = told.pop("deployments")
    id_ = write(
        settings,
        lambda session: (
            platforms.create(session, None, told | {"token_audience": None}, deployments, utc_now()).platform.id
        ),
    )
    checked = CliRunner().invoke(cli, ["lti", "check", id_])
    assert checked.exit_code == 1, checked.output
    assert f"LMS ({id_})" in checked.output
    assert "fault    The platform does not know us by this client id" in " ".join(checked.output.split("\n"))
    assert "ok       The platform publishes its keys; launches can be verified by 1 of them." in checked.output
    assert CliRunner().invoke(cli, ["lti", "check", "nobody"]).exit_code == 1
