"""Launched from another site, in a frame: the LMS is http://localhost, the tool http://127.0.0.1, which are two sites.

Both are loopback addresses, which browsers trust as they trust https, so that cookies may be `Secure` there.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Playwright, expect
from sqlalchemy.orm import Session

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES
from app.core.clock import utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.settings import Settings
from app.lti import claims as names
from app.lti import models
from tests.browser.conftest import FLAGS
from tests.browser.soundness import violations
from tests.lti.platform import LEARNER, TEACHER, Answer, Course, Member, Platform, Request, ResourceLink

SECONDS = 10.0
T = TypeVar("T")
PAGE = """<!doctype html><title>The LMS</title>
<iframe name="tool" width="800" height="200"></iframe>
<form id="login" method="post" action="{tool}/lti/login" target="tool">{fields}</form>
<script>
const kept = {{}};
addEventListener("message", (event) => {{
  const {{ subject, message_id, key, value, height }} = event.data;
  if (subject === "lti.frameResize") document.querySelector("iframe").height = height;
  if (subject === "lti.put_data") kept[key] = value;
  if (subject === "{subject}" || subject === "lti.get_data")
    event.source.postMessage({{ subject: subject + ".response", message_id, key, value: kept[key] }}, "*");
}});
document.getElementById("login").submit();
</script>
"""


def write(settings: Settings, job: Callable[[Session], T]) -> T:
    """Past the service: Playwright's event loop stands where the writer's would."""
    database = Database(settings.database_url)
    with Session(database.write_engine) as session, session.begin():
        result = job(session)
    database.dispose()
    return result


@pytest.fixture(scope="module")
def served_settings(served_database: str) -> Settings:
    return Settings(database_url=served_database, lti_allow_loopback=True, lti_sender=False)


@pytest.fixture(scope="module")
def platform(address: str) -> Iterator[Platform]:
    with Platform(tool=address, host="localhost") as platform:
        yield platform


@pytest.fixture(scope="module")
def link(address: str, platform: Platform, served_settings: Settings) -> ResourceLink:
    """A published assignment behind a link of the LMS."""

    def prepare(session: Session) -> str:
        now = utc_now()
        admin = people.create(session, None, now, name="Root", email="root@example.edu", is_admin=True)
        row = {
            "id": new_id(),
            "name": "The LMS",
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            "authorization_url": f"{platform.address}/auth",
            "token_url": f"{platform.address}/token",
            "keyset_url": f"{platform.address}/jwks",
            "product": "",
            "created_at": now,
        }
        session.add(models.Platform(**row))
        session.flush()
        deployment = {"id": new_id(), "platform_id": row["id"], "deployment_id": platform.deployment_id}
        session.add(models.Deployment(**deployment, created_at=now))
        return tokens.create(session, admin, "tests", SCOPES, now, timedelta(days=1))[1]

    token = write(served_settings, prepare)
    with httpx.Client(base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}) as client:
        course = client.post("/courses", json={"title": "Neural", "time_zone": "UTC"}).json()["id"]
        item = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 2}
        body = {"title": "Sheet 1", "published": True, "items": [item]}
        assignment = client.post(f"/courses/{course}/assignments", json=body).json()["id"]

    def connect(session: Session) -> None:
        now = utc_now()
        (deployment,) = session.query(models.Deployment)
        row = {"deployment_id": deployment.id, "context_id": Course().id, "title": "", "course_id": course}
        session.add(models.Context(**row, id=new_id(), scopes=[], created_at=now, updated_at=now))

    write(served_settings, connect)
    return ResourceLink(custom={names.ASSIGNMENT: assignment})


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(SECONDS * 1000)
    yield context
    context.close()


Open = Callable[..., Page]


@pytest.fixture
def open_(context: BrowserContext, platform: Platform, address: str) -> Iterator[Open]:
    """Opens the LMS's page that holds the tool in a frame. A page of the tool that breaks its CSP fails the test."""
    offences: list[str] = []

    def make(member: Member, what: ResourceLink | Course, *, subject: str = "lti.put_data") -> Page:
        fields = platform.initiate(member, what)
        inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
        html = PAGE.format(tool=address, fields=inputs, subject=subject)

        def answer(_request: Request, _match: re.Match[str]) -> Answer:
            return Answer(html, content_type="text/html")

        platform.on("GET", "/course", answer)
        page = context.new_page()
        page.on("console", lambda said: "Content Security Policy" in said.text and offences.append(said.text))
        page.on("pageerror", lambda error: offences.append(str(error)))
        page.goto(f"{platform.address}/course")
        return page

    yield make
    platform.storage = False
    assert offences == []


def answer_in(shown: Page | FrameLocator) -> None:
    """Open the first exercise, answer it, and see that it is right."""
    expect(shown.get_by_role("heading", name="Sheet 1")).to_be_visible()
    shown.get_by_role("link", name=re.compile("^1\\. ")).click()
    shown.get_by_role("textbox").first.fill("128")
    shown.get_by_role("button", name="Submit my answer").click()
    expect(shown.get_by_role("heading", name="Your last answer is right")).to_be_visible()


def test_a_student_answers_inside_the_frame(open_: Open, link: ResourceLink, context: BrowserContext) -> None:
    page = open_(LEARNER, link)
    answer_in(page.frame_locator("iframe"))
    (session,) = (cookie for cookie in context.cookies() if cookie["name"] == "frame-session")
    assert (session["secure"], session["sameSite"], session["httpOnly"]) == (True, "None", True)
    assert session["partitionKey"] == "http://localhost"


def test_the_frame_becomes_as_high_as_the_page(open_: Open, link: ResourceLink) -> None:
    page = open_(LEARNER, link)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Sheet 1")).to_be_visible()
    page.wait_for_function("document.querySelector('iframe').height > 300")
    fits = "document.documentElement.scrollHeight <= window.innerHeight + 1"
    page.frames[1].wait_for_function(fits)


def test_a_teacher_sees_what_was_chosen(open_: Open, link: ResourceLink) -> None:
    frame = open_(TEACHER, link).frame_locator("iframe")
    expect(frame.get_by_role("link", name="Edit the assignment")).to_be_visible()


def test_another_site_may_not_show_the_pages_of_the_session(open_: Open, link: ResourceLink, address: str) -> None:
    """Even in the same browser, signed in: only the LMS that launched may."""
    page = open_(LEARNER, link)
    expect(page.frame_locator("iframe").get_by_role("heading", name="Sheet 1")).to_be_visible()
    refused: list[str] = []
    page.on("console", lambda said: "frame-ancestors" in said.text and refused.append(said.text))
    with Platform(tool=address, host="localhost") as stranger:
        html = f'<!doctype html><iframe src="{address}/en/courses"></iframe>'
        stranger.on("GET", "/", lambda _request, _match: Answer(html, content_type="text/html"))
        other = page.context.new_page()
        other.on("console", lambda said: refused.append(said.text))
        other.goto(f"{stranger.address}/")
        other.wait_for_timeout(500)
    assert any("frame-ancestors" in text for text in refused)


def test_axe_finds_nothing_on_the_way(open_: Open, address: str) -> None:
    """A refusal, and what a student sees for whom nothing has been chosen yet."""
    page = open_(LEARNER, ResourceLink("32", "Sheet 2"))
    expect(page.frame_locator("iframe").get_by_role("heading", name="Nothing to do here yet")).to_be_visible()
    for path in ("/lti/login", "/lti/login?iss=https://elsewhere.test"):
        page.goto(f"{address}{path}")
        assert violations(page) == []
        expect(page.get_by_role("heading", name="This could not be opened")).to_be_visible()


class TestWithoutCookiesInFrames:
    """A browser that keeps no cookie of the tool, of whatever kind, inside the LMS's pages; but in a tab it does."""

    @pytest.fixture
    def context(self, playwright: Playwright, chromium_path: str, tmp_path: Path) -> Iterator[BrowserContext]:
        blocked = {"127.0.0.1,localhost": {"setting": 2}}
        preferences = tmp_path / "Default" / "Preferences"
        preferences.parent.mkdir()
        exceptions = {"content_settings": {"exceptions": {"cookies": blocked}}}
        preferences.write_text(json.dumps({"profile": exceptions}))
        browser = playwright.chromium
        context = browser.launch_persistent_context(tmp_path, executable_path=chromium_path, args=list(FLAGS))
        context.set_default_timeout(SECONDS * 1000)
        yield context
        context.close()

    def test_the_activity_opens_in_a_new_tab(self, open_: Open, link: ResourceLink, platform: Platform) -> None:
        before = platform.count("/auth")
        page = open_(Member("21", "Somebody"), link)
        button = page.frame_locator("iframe").get_by_role("link", name="Open Haitang in a new tab")
        expect(button).to_be_visible()
        assert platform.count("/auth") == before  # what the platform allows once is left for the new tab
        with page.expect_popup() as popup:
            button.click()
        answer_in(popup.value)

    def test_the_platforms_storage_binds_the_login(self, open_: Open, link: ResourceLink, platform: Platform) -> None:
        """To the platform and back it goes inside the frame; what it ends in needs cookies, and so a tab."""
        platform.storage = True
        before = platform.count("/auth")
        page = open_(Member("22", "Somebody"), link)
        button = page.frame_locator("iframe").get_by_role("button", name="Open Haitang in a new tab")
        expect(button).to_be_visible()
        assert platform.count("/auth") == before + 1
        with page.expect_popup() as popup:
            button.click()
        answer_in(popup.value)

    def test_where_the_storage_does_not_answer_a_new_tab_is_offered(
        self, open_: Open, link: ResourceLink, platform: Platform
    ) -> None:
        platform.storage = True
        page = open_(Member("23", "Somebody"), link, subject="something else")
        button = page.frame_locator("iframe").get_by_role("link", name="Open Haitang in a new tab")
        with page.expect_popup() as popup:
            button.click()
        answer_in(popup.value)


class TestThirdPartyCookiesBlocked:
    """Chromium as it is set to block cookies of third parties: partitioned ones are none."""

    @pytest.fixture
    def chromium(self, playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
        flags = [*FLAGS, "--test-third-party-cookie-phaseout"]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
        yield browser
        browser.close()

    def test_they_are_blocked(self, context: BrowserContext, address: str, platform: Platform) -> None:
        """The same cookie without `Partitioned` does not come back."""
        with Platform(tool=address) as third:
            sent = {"Set-Cookie": "plain=1; SameSite=None; Secure; Path=/"}
            third.on("GET", "/set", lambda _request, _match: Answer("", headers=sent, content_type="text/html"))
            third.on("GET", "/get", lambda _request, _match: Answer("", content_type="text/html"))
            html = f'<!doctype html><iframe src="{third.address}/set"></iframe>'
            platform.on("GET", "/third", lambda _request, _match: Answer(html, content_type="text/html"))
            page = context.new_page()
            page.goto(f"{platform.address}/third")
            page.frames[1].goto(f"{third.address}/get")
            (request,) = (each for each in third.requests if each.path == "/get")
        assert "cookie" not in request.headers

    def test_a_student_answers_inside_the_frame_still(self, open_: Open, link: ResourceLink) -> None:
        answer_in(open_(Member("8", "Another student"), link).frame_locator("iframe"))
