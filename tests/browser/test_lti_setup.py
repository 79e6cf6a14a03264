"""Connecting a platform, and picking for it, in a real browser: in a frame of another site, and for everybody."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from app.accounts import people, sessions
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.lti import registration
from tests.browser.soundness import scroll_width, violations
from tests.lti.platform import TEACHER, Answer, Course, Platform, Request

SECONDS = 10.0
LTI = "https://purl.imsglobal.org/spec/lti-tool-configuration"
FRAME = """<!doctype html><title>The LMS</title>
<iframe name="tool" src="{source}" width="900" height="900"></iframe>
<form id="login" method="post" action="{action}" target="tool">{fields}</form>
<script>
window.heard = [];
addEventListener("message", (event) => window.heard.push(event.data.subject));
if ({submits}) document.getElementById("login").submit();
</script>
"""


@pytest.fixture(scope="module")
def served_settings(served_database: str) -> Settings:
    return Settings(database_url=served_database, lti_allow_loopback=True, lti_sender=False)


@pytest.fixture(scope="module")
def platform(address: str) -> Iterator[Platform]:
    """The LMS, on another site than the service: http://localhost."""
    with Platform(tool=address, host="localhost") as platform:
        yield platform


def write(settings: Settings, job: Callable[[Session], Any]) -> Any:
    """Past the service: Playwright's event loop stands where the writer's would."""
    database = Database(settings.database_url)
    with Session(database.write_engine) as session, session.begin():
        result = job(session)
    database.dispose()
    return result


@pytest.fixture(scope="module")
def root(served_settings: Settings, address: str) -> tuple[str, str]:
    """The id of an administrator, and of their session."""
    del address  # the database is migrated and served

    def job(session: Session) -> tuple[str, str]:
        now = utc_now()
        id_ = people.create(session, None, now, name="Root", email="root@example.edu", is_admin=True)
        return id_, sessions.begin(session, id_, "tests", served_settings, now)

    return write(served_settings, job)


@pytest.fixture
def administrator(chromium: Browser, address: str, root: tuple[str, str]) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=address)
    context.set_default_timeout(SECONDS * 1000)
    context.add_cookies([{"name": "session", "value": root[1], "url": address}])
    yield context
    context.close()


@pytest.fixture(scope="module")
def lms(chromium: Browser) -> Iterator[Page]:
    """A window in which the LMS is open."""
    context = chromium.new_context()
    context.set_default_timeout(SECONDS * 1000)
    yield context.new_page()
    context.close()


def frame(platform: Platform, page: Page, **parts: Any) -> None:
    """Open a page of the LMS that shows the tool in a frame."""
    html = FRAME.format(**{"source": "about:blank", "action": "", "fields": "", "submits": "false"} | parts)
    platform.on("GET", "/page", lambda _request, _match: Answer(html, content_type="text/html"))
    page.goto(f"{platform.address}/page")


@pytest.fixture(scope="module")
def registered(served_settings: Settings, root: tuple[str, str], platform: Platform, address: str, lms: Page) -> Page:
    """The LMS's page after its administrator has entered the address that ours has made."""
    usual = {
        "issuer": platform.issuer,
        "authorization_endpoint": f"{platform.address}/auth",
        "token_endpoint": f"{platform.address}/token",
        "jwks_uri": f"{platform.address}/jwks",
        "registration_endpoint": f"{platform.address}/register",
    }

    def register(request: Request, _match: re.Match[str]) -> Answer:
        told = request.json()
        return Answer(told | {"client_id": platform.client_id, LTI: told[LTI] | {"deployment_id": "1"}})

    platform.on("GET", "/configuration", lambda _request, _match: Answer(usual))
    platform.on("POST", "/register", register)
    secret = write(served_settings, lambda session: registration.invite(session, root[0], utc_now()))
    source = f"{address}/lti/register/{secret}?openid_configuration={platform.address}/configuration"
    frame(platform, lms, source=source)
    lms.frame_locator("iframe").get_by_role("heading", name="is connected").wait_for()
    return lms


def test_the_platform_hears_when_it_is_registered(registered: Page) -> None:
    registered.wait_for_function("window.heard.includes('org.imsglobal.lti.close')")


def picker(platform: Platform, page: Page, address: str) -> None:
    """Begin a deep linking from the LMS's page, in its frame."""
    fields = platform.initiate(TEACHER, Course())
    inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    frame(platform, page, action=f"{address}/lti/login", fields=inputs, submits="true")


def test_what_is_picked_in_the_frame_arrives_at_the_platform(
    registered: Page, platform: Platform, address: str
) -> None:
    """The answer leaves for another site, which the page's Content-Security-Policy allows it and nothing else."""
    arrived: list[str] = []

    def receive(request: Request, _match: re.Match[str]) -> Answer:
        arrived.append(request.form()["JWT"])
        return Answer("<h1>Thank you</h1>", content_type="text/html")

    platform.on("POST", "/deep-link/11", receive)
    picker(platform, registered, address)
    tool = registered.frame_locator("iframe")
    expect(tool.get_by_role("heading", name="Choose what to link to")).to_be_visible()
    tool.get_by_role("searchbox").fill("perceptron")
    tool.get_by_role("searchbox").press("Enter")
    tool.get_by_role("checkbox", name=re.compile("^1.10")).check()
    tool.get_by_label("Points for each exercise").fill("4")
    tool.get_by_role("button", name="Link", exact=True).click()
    expect(tool.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(arrived) == 1


def test_pages_of_setting_up_are_for_everybody(administrator: BrowserContext, registered: Page) -> None:
    """No violation that axe finds, no sideways scrolling at 320 pixels, in both languages and colours."""
    del registered
    page = administrator.new_page()
    page.goto("/en/lti")
    page.get_by_role("link", name=re.compile("localhost")).click()
    platform = page.url.rpartition("/")[2]
    products = ("moodle", "canvas", "openedx", "BlackboardLearn", "desire2learn", "")
    paths = ["", f"/platforms/{platform}", *(f"/new?product={product}" for product in products)]
    for language in ("en", "zh"):
        for path in paths:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(f"/{language}/lti{path}")
            check(page)
    page.goto(f"/en/lti/platforms/{platform}")
    page.get_by_role("button", name="Run the self-test").click()
    page.get_by_role("heading", name="is at fault").wait_for()
    check(page)


def test_the_picker_is_for_everybody(registered: Page, platform: Platform, address: str) -> None:
    picker(platform, registered, address)
    tool = registered.frame_locator("iframe")
    expect(tool.get_by_role("heading", name="Choose what to link to")).to_be_visible()
    (shown,) = (each for each in registered.frames if "/lti/deep-link/" in each.url)
    for width in (900, 320):
        registered.evaluate(f"document.querySelector('iframe').width = {width}")
        assert violations(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width


def check(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert (page.url, violations(page)) == (page.url, [])
    page.set_viewport_size({"width": 320, "height": 700})
    assert (page.url, scroll_width(page)) == (page.url, 320)
