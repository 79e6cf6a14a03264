"""Dynamic registration: a platform that an administrator has invited registers itself, and nothing else does."""

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.settings import Settings
from app.lti import models
from app.lti.registration import ACCOUNT_NAME, agree
from app.lti.registration_messages import Configuration, client_metadata
from app.lti.tool import SCOPES, Tool
from tests.app.conftest import Account
from tests.backends import on_both_databases
from tests.lti.platform import TEACHER, Answer, Course, Platform, Request
from tests.lti.setup.conftest import TOOL, Browser

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

TOKEN = "a-registration-token-of-the-platform"
CANVAS = "https://canvas.instructure.com/lti/"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
LTI = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Registrar:
    """The platform's side, as Moodle has it; what is set here replaces members of its answers, None leaves one out."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.configuration: dict[str, Any] = {}
        self.answer: Callable[[dict[str, Any]], Answer] = lambda body: Answer(
            body | {"client_id": platform.client_id, LTI: body[LTI] | {"deployment_id": platform.deployment_id}}
        )
        self.received: list[dict[str, Any]] = []
        platform.on("GET", "/configuration", self._configure)
        platform.on("POST", "/register", self._register)

    @property
    def url(self) -> str:
        return f"{self.platform.address}/configuration"

    def _configure(self, _request: Request, _match: re.Match[str]) -> Answer:
        address = self.platform.address
        usual = {
            "issuer": self.platform.issuer,
            "token_endpoint": f"{address}/token",
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "jwks_uri": f"{address}/jwks",
            "authorization_endpoint": f"{address}/auth",
            "registration_endpoint": f"{address}/register",
            "scopes_supported": [*SCOPES, "openid"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            PLATFORM: {
                "product_family_code": "moodle",
                "version": "5.0",
                "messages_supported": ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"],
            },
        } | self.configuration
        return Answer({name: value for name, value in usual.items() if value is not None})

    def _register(self, request: Request, _match: re.Match[str]) -> Answer:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer("missing_registration_token", 401, content_type="text/html")
        self.received.append(request.json())
        return self.answer(request.json())


@pytest.fixture
def registrar(platform: Platform) -> Registrar:
    return Registrar(platform)


@pytest.fixture
async def invitation(administrator: Account) -> str:
    """The path that the administrator hands on."""
    made = await administrator.client.post("/api/v1/lti/registrations")
    assert made.status_code == 201, made.text
    assert made.json()["url"].startswith(f"{TOOL}/lti/register/")
    return made.json()["url"].removeprefix(TOOL)


async def register(browser: Browser, invitation: str, url: str, token: str | None = TOKEN) -> httpx.Response:
    """What the platform opens in a frame."""
    parameters = {"openid_configuration": url} | ({"registration_token": token} if token else {})
    return await browser.client.get(invitation, params=parameters, headers={"Accept": "text/html"})


def registered(app: FastAPI) -> int:
    with app.state.service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(models.Platform)) or 0


@on_both_databases
async def test_a_platform_registers_itself_and_can_launch_at_once(
    browser: Browser, invitation: str, registrar: Registrar, administrator: Account, platform: Platform
) -> None:
    page = await register(browser, invitation, registrar.url)
    assert page.status_code == 200, page.text
    assert "data-close" in page.text
    (made,) = (await administrator.client.get("/api/v1/lti/platforms")).json()["items"]
    assert made["issuer"] == platform.issuer
    assert made["client_id"] == platform.client_id
    assert made["product"] == "moodle"
    assert [each["deployment_id"] for each in made["deployments"]] == [platform.deployment_id]
    assert (await browser.launch(TEACHER, Course())).status_code == 200


async def test_what_the_platform_is_told(browser: Browser, invitation: str, registrar: Registrar) -> None:
    await register(browser, invitation, registrar.url)
    (told,) = registrar.received
    assert told["application_type"] == "web"
    assert told["grant_types"] == ["client_credentials", "implicit"]
    assert told["response_types"] == ["id_token"]
    assert told["initiate_login_uri"] == f"{TOOL}/lti/login"
    assert told["redirect_uris"] == [f"{TOOL}/lti/launch"]
    assert told["jwks_uri"] == f"{TOOL}/lti/jwks"
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert set(told["scope"].split()) == set(SCOPES)
    assert told[LTI]["domain"] == "haitang.test"
    assert told[LTI]["target_link_uri"] == f"{TOOL}/lti/launch"
    assert {"sub", "iss", "name"} <= set(told[LTI]["claims"])
    assert "email" not in told[LTI]["claims"]  # Moodle shares what is asked for, and nobody reads it here
    assert [message["type"] for message in told[LTI]["messages"]] == ["LtiDeepLinkingRequest"]


async def test_the_page_may_be_framed_by_the_platform_and_is_kept_by_nobody(
    browser: Browser, invitation: str, registrar: Registrar
) -> None:
    page = await register(browser, invitation, registrar.url)
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert page.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


@on_both_databases
async def test_an_invitation_is_for_one_platform(
    browser: Browser, invitation: str, registrar: Registrar, app: FastAPI, platform: Platform
) -> None:
    await register(browser, invitation, registrar.url)
    before = len(platform.requests)
    again = await register(browser, invitation, registrar.url)
    assert again.status_code == 404
    assert len(platform.requests) == before
    assert registered(app) == 1


async def test_without_an_invitation_nothing_is_fetched(
    browser: Browser, administrator: Account, registrar: Registrar, platform: Platform, app: FastAPI
) -> None:
    del administrator
    refused = await register(browser, "/lti/register/guessed", registrar.url)
    assert refused.status_code == 404
    assert platform.requests == []
    assert registered(app) == 0


async def test_an_invitation_of_somebody_who_is_no_administrator_any_more_is_void(
    browser: Browser, invitation: str, registrar: Registrar, administrator: Account, app: FastAPI
) -> None:
    other = {"name": "Other", "email": "other@example.edu", "is_admin": True}
    assert (await administrator.client.post("/api/v1/people", json=other)).status_code == 201
    await administrator.client.patch(f"/api/v1/people/{administrator.id}", json={"is_admin": False})
    assert (await register(browser, invitation, registrar.url)).status_code == 404
    assert registered(app) == 0


async def test_looking_at_the_address_does_not_use_it_up(
    browser: Browser, invitation: str, registrar: Registrar
) -> None:
    """Mail programs open links."""
    assert (await browser.client.get(invitation)).status_code == 200
    assert (await register(browser, invitation, registrar.url)).status_code == 200
    assert (await browser.client.get(invitation)).status_code == 404


async def test_a_platform_without_a_deployment_is_told_what_is_missing(
    browser: Browser, invitation: str, registrar: Registrar, administrator: Account, platform: Platform
) -> None:
    """Canvas: the deployment is made afterwards."""
    registrar.answer = lambda body: Answer(body | {"client_id": platform.client_id})
    page = await register(browser, invitation, registrar.url)
    assert "has not said under which deployment id" in page.text
    (made,) = (await administrator.client.get("/api/v1/lti/platforms")).json()["items"]
    assert made["deployments"] == []


BROKEN = [
    ({"issuer": "https://other.example.edu"}, "another host"),
    ({"issuer": None}, "issuer is missing"),
    ({"jwks_uri": None}, "jwks_uri is missing"),
    ({"registration_endpoint": 7}, "registration_endpoint is missing"),
    ({"token_endpoint": "ftp://lms.example.edu"}, "call this address"),
    ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "token_endpoint_auth_methods_supported"),
    ({"id_token_signing_alg_values_supported": ["HS256"]}, "id_token_signing_alg_values_supported"),
]


@pytest.mark.parametrize(("changed", "sentence"), BROKEN)
async def test_a_configuration_that_does_not_fit_is_refused_and_the_invitation_stays(
    browser: Browser, invitation: str, registrar: Registrar, app: FastAPI, changed: dict[str, Any], sentence: str
) -> None:
    registrar.configuration = changed
    page = await register(browser, invitation, registrar.url)
    assert page.status_code == 422
    assert sentence in page.text
    assert registrar.received == []
    assert registered(app) == 0
    registrar.configuration = {}
    assert (await register(browser, invitation, registrar.url)).status_code == 200


async def test_what_the_platform_calls_itself_may_be_odd(
    browser: Browser, invitation: str, registrar: Registrar, administrator: Account, platform: Platform
) -> None:
    registrar.configuration = {
        PLATFORM: {"product_family_code": "x\0y" * 50, ACCOUNT_NAME: " A\nschool\0 " + "x" * 300}
    }
    registrar.answer = lambda body: Answer(body | {"client_id": platform.client_id, LTI: {"deployment_id": "1\0"}})
    assert (await register(browser, invitation, registrar.url)).status_code == 200
    (made,) = (await administrator.client.get("/api/v1/lti/platforms")).json()["items"]
    assert made["name"].startswith("A school xxx")
    assert made["product"].startswith("xyxy")
    assert made["deployments"] == []


REFUSALS = [
    (Answer({"error": "invalid_client_metadata"}, 400), "invalid_client_metadata"),
    (Answer("<h1>Out of order</h1>", 503, content_type="text/html"), "503"),
    (Answer("", 302, {"Location": "https://lms.example.edu/login"}), "302"),
    (Answer("<h1>Welcome</h1>", content_type="text/html"), "no client id"),
    (Answer({"client_id": ""}), "no client id"),
]


@pytest.mark.parametrize(("answer", "sentence"), REFUSALS)
async def test_a_platform_that_refuses_is_quoted(
    browser: Browser, invitation: str, registrar: Registrar, app: FastAPI, answer: Answer, sentence: str
) -> None:
    registrar.answer = lambda _body: answer
    page = await register(browser, invitation, registrar.url)
    assert page.status_code == 422
    assert sentence in page.text
    assert "<h1>Out of order" not in page.text
    assert registered(app) == 0


async def test_a_wrong_token_is_the_platforms_business(
    browser: Browser, invitation: str, registrar: Registrar, app: FastAPI
) -> None:
    page = await register(browser, invitation, registrar.url, token=None)
    assert page.status_code == 422
    assert "missing_registration_token" in page.text
    assert registered(app) == 0


async def test_a_platform_that_registers_again_renews_what_is_known_of_it(
    browser: Browser, invitation: str, registrar: Registrar, connected: dict[str, Any], administrator: Account
) -> None:
    """Moodle offers to update its tool, which keeps the client id. What our administrator has set otherwise stays."""
    keyset = f"{registrar.platform.address}/new-jwks"
    registrar.configuration = {"jwks_uri": keyset}
    registrar.answer = lambda body: Answer(
        body | {"client_id": connected["client_id"], LTI: body[LTI] | {"deployment_id": "2"}}
    )
    await administrator.client.patch(f"/api/v1/lti/platforms/{connected['id']}", json={"name": "Ours"})
    page = await register(browser, invitation, registrar.url)
    assert page.status_code == 200, page.text
    assert "data-close" in page.text
    (platform,) = (await administrator.client.get("/api/v1/lti/platforms")).json()["items"]
    assert (platform["id"], platform["name"], platform["keyset_url"]) == (connected["id"], "Ours", keyset)
    assert {each["deployment_id"] for each in platform["deployments"]} == {"1", "2"}


# Requests of the server's own, at addresses that come from outside


class TestInward:
    """Without the switch for development: nothing of our own network is called, whoever asks."""

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return Settings(
            database_url=database_url,
            secret="a secret of the tests, which is long enough",
            public_url=TOOL,
            lti_sender=False,
        )

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:8000/configuration",
            "https://127.0.0.1/configuration",
            "https://[::1]/configuration",
            "https://10.0.0.1/configuration",
            "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:192.168.0.1]/configuration",
            "https://localhost/configuration",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
        ],
    )
    async def test_a_configuration_within_is_not_fetched(
        self, browser: Browser, invitation: str, app: FastAPI, address: str
    ) -> None:
        page = await register(browser, invitation, address)
        assert page.status_code == 422
        assert "not one that this service may call" in page.text
        assert registered(app) == 0

    @pytest.mark.parametrize("member", ["token_url", "keyset_url"])
    @pytest.mark.parametrize("address", ["http://127.0.0.1/", "https://127.0.0.1/", "https://[fd00::1]/"])
    async def test_a_platform_within_can_not_be_typed_in(
        self, administrator: Account, member: str, address: str
    ) -> None:
        made = await administrator.client.post("/api/v1/lti/platforms", json=WITHIN | {member: address})
        assert (made.status_code, made.json()["errors"][0]["pointer"]) == (422, f"/{member}")

    @pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1"])
    async def test_a_name_that_leads_within_is_not_called(self, administrator: Account, host: str) -> None:
        """What counts is where a name leads when it is called, not what it looks like."""
        wanted = WITHIN | dict.fromkeys(("token_url", "keyset_url"), f"https://{host}/")
        made = await administrator.client.post("/api/v1/lti/platforms", json=wanted)
        tested = await administrator.client.post(f"/api/v1/lti/platforms/{made.json()['id']}/self-test")
        checks = {check["name"]: check for check in tested.json()["checks"]}
        assert checks["keyset"]["state"] == checks["token-scores"]["state"] == "fault"
        assert "not one that this service may call" in checks["keyset"]["detail"]


WITHIN = {
    "name": "LMS",
    "issuer": "https://lms.example.edu",
    "client_id": "1",
    "deployments": ["1"],
    "authorization_url": "https://lms.example.edu/",
    "token_url": "https://lms.example.edu/",
    "keyset_url": "https://lms.example.edu/",
}


@pytest.mark.parametrize(
    ("member", "address"),
    [
        ("jwks_uri", "https://169.254.169.254/keys"),
        ("token_endpoint", "http://10.0.0.1/token"),
        ("registration_endpoint", "http://192.168.0.1/register"),
        ("registration_endpoint", "https://[fe80::1]/register"),
        ("registration_endpoint", "https://user:secret@lms.example.edu/register"),
    ],
)
async def test_a_configuration_that_leads_within_registers_nothing(
    browser: Browser, invitation: str, registrar: Registrar, app: FastAPI, member: str, address: str
) -> None:
    registrar.configuration = {member: address}
    page = await register(browser, invitation, registrar.url)
    assert page.status_code == 422
    assert registrar.received == []
    assert registered(app) == 0


# What is asked for


def configured(**configuration: Any) -> Configuration:
    usual = dict.fromkeys(
        ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint"), "https://x.example/"
    )
    return Configuration.model_validate(usual | {"issuer": "https://x.example"} | configuration)


def metadata(**configuration: Any) -> dict[str, Any]:
    return dict(client_metadata(Tool(TOOL), configured(**configuration)))


def test_only_scopes_that_the_platform_knows_are_asked_for() -> None:
    """Canvas refuses a registration that asks for another one."""
    assert metadata(scopes_supported=[SCOPES[3], "openid"])["scope"] == SCOPES[3]
    assert metadata()["scope"].split() == list(SCOPES)


@pytest.mark.parametrize(
    ("told", "audience"),
    [
        ("https://api.brightspace.com/auth/token", "https://api.brightspace.com/auth/token"),
        ("sso.canvaslms.com", None),
        (None, None),
    ],
)
def test_the_audience_of_client_assertions_is_an_address(told: str | None, audience: str | None) -> None:
    """Canvas names a host, and refuses assertions for anything but the address of its token endpoint."""
    assert configured(authorization_server=told).token_audience == audience


@pytest.mark.parametrize(
    ("messages", "placements"),
    [
        (["LtiResourceLinkRequest", "LtiDeepLinkingRequest"], ["ContentArea"]),
        ([{"type": "LtiDeepLinkingRequest"}], ["ContentArea"]),
        (
            [
                {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
                {"type": "LtiDeepLinkingRequest", "placements": ["assignment_selection", "link_selection", "other"]},
            ],
            ["link_selection", "assignment_selection"],
        ),
        (
            [{"type": "LtiDeepLinkingRequest", "placements": [f"{CANVAS}assignment_selection", f"{CANVAS}other"]}],
            [f"{CANVAS}assignment_selection"],
        ),
        (None, ["ContentArea"]),
        ("x", ["ContentArea"]),
    ],
)
def test_deep_links_are_offered_where_contents_and_assignments_are_added(
    messages: object, placements: list[str]
) -> None:
    told = metadata(**{PLATFORM: {"messages_supported": messages}})
    assert told[LTI]["messages"][0]["placements"] == placements


@pytest.mark.parametrize(
    ("issuer", "published", "agreed"),
    [
        ("https://moodle.example.edu", "https://moodle.example.edu/mod/lti/openid-configuration.php", True),
        ("https://example.edu/moodle", "https://example.edu/moodle/mod/lti/openid-configuration.php", True),
        ("https://blackboard.com", "https://developer.blackboard.com/api/v1/x", True),
        ("https://canvas.instructure.com", "https://sso.canvaslms.com/api/lti/security/openid-configuration", True),
        ("https://canvas.instructure.com", "https://sso.canvaslms.example/x", False),
        ("https://moodle.example.edu", "https://evil.example/x", False),
        ("https://moodle.example.edu", "https://moodle.example.edu.evil.example/x", False),
        ("https://moodle.example.edu", "https://evil.example/moodle.example.edu", False),
        ("https://moodle.example.edu", "https://moodle.example.edu:8443/x", False),
        ("https://edu", "https://evil.edu/x", False),
        ("moodle", "https://evil.edu/x", False),
        ("https://[", "https://evil.edu/x", False),
    ],
)
def test_who_may_speak_for_an_issuer(issuer: str, published: str, agreed: bool) -> None:  # noqa: FBT001 - a table
    assert agree(issuer, published) is agreed
