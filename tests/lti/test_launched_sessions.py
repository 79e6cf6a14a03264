"""The session of a launch: its cookie, the frame that shows it, and how it ends."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.accounts.models import SignInSession
from app.lti import claims as names
from tests.backends import on_one_database
from tests.lti.conftest import LINK, register
from tests.lti.platform import LEARNER, TEACHER

pytestmark = pytest.mark.anyio


async def test_in_a_frame_the_cookie_is_partitioned(browser):
    response = await browser().launch(LEARNER, LINK)
    cookies = response.headers.get_list("set-cookie")
    (session,) = (cookie for cookie in cookies if cookie.startswith("__Host-frame-session="))
    assert "; HttpOnly; Max-Age=2592000; Path=/; SameSite=None; Secure; Partitioned" in session


@pytest.mark.parametrize(
    ("base", "is_plain"),
    [
        ("http://haitang.localhost:8000", False),
        ("http://[::1]:8000", False),
        ("http://haitang:8000", True),
        ("http://172.17.0.1:8000", True),
    ],
)
@on_one_database
async def test_without_tls_there_is_one_that_browsers_keep(app, platform, base, is_plain):
    """They take `Secure` from this machine alone; without it the activity opens in a tab, or on the same host."""
    await register(app, platform)
    platform.tool = base
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        login = await client.post("/lti/login", data=platform.initiate(LEARNER, LINK))
    partitioned, *plain = login.headers.get_list("set-cookie")
    assert partitioned.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=None; Secure; Partitioned")
    assert plain == [partitioned.removesuffix("; SameSite=None; Secure; Partitioned")] * is_plain


async def test_in_a_tab_of_its_own_it_is_an_ordinary_one(browser):
    visitor = browser()
    response = await visitor.send(await visitor.message(LEARNER, LINK), **{"Sec-Fetch-Dest": "document"})
    (session,) = (each for each in response.headers.get_list("set-cookie") if each.startswith("__Host-session="))
    assert "SameSite=lax" in session
    page = await visitor.client.get("/en/courses")
    assert LEARNER.name in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


async def test_pages_may_be_framed_by_the_launched_platform_alone(browser, assigned, platform):
    link = await assigned()
    student = browser()
    response = await student.launch(LEARNER, link)
    page = await student.client.get(response.headers["location"])
    assert f"frame-ancestors {platform.address};" in page.headers["content-security-policy"]
    assert "frame.js" in page.text
    missing = await student.client.get("/en/nowhere", headers={"Accept": "text/html"})
    assert (missing.status_code, f"frame-ancestors {platform.address};" in str(missing.headers)) == (404, True)
    stranger = await browser().client.get("/en")
    assert "frame-ancestors 'none'" in stranger.headers["content-security-policy"]
    assert "frame.js" not in stranger.text


async def test_in_a_frame_what_leads_away_from_the_activity_opens_a_tab(browser, assigned):
    """The LMS has a head of its own; ours says who one is, and in which language one reads."""
    student = browser()
    page = (await student.client.get((await student.launch(LEARNER, await assigned())).headers["location"])).text
    head = page[page.index("<header") : page.index("</header>")]
    assert LEARNER.name in head
    assert "My attempts" not in head
    away = [tag for tag in re.findall("<a [^>]*>", page) if re.search('href="/en(/about)?"', tag)]
    assert [('target="_blank" rel="noopener"' in tag) for tag in away] == [True, True]
    alone = await student.client.get("/en/courses", headers={"Sec-Fetch-Dest": "document"})
    assert "My attempts" in alone.text


async def test_who_has_no_address_to_sign_in_with_is_offered_no_password(browser):
    student = browser()
    await student.launch(LEARNER, LINK)
    page = (await student.client.get("/en/account")).text
    assert LEARNER.name in page
    assert "New password" not in page


async def test_a_second_launch_of_the_same_person_keeps_the_session(browser, count):
    """So that a form that is open in another tab can still be sent."""
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    before = visitor.client.cookies["__Host-frame-session"]
    await visitor.launch(LEARNER, LINK)
    assert visitor.client.cookies["__Host-frame-session"] == before
    assert count(SignInSession) == 1


async def test_whoever_has_no_password_shows_by_a_launch_that_it_is_them(browser, change):
    """As for the deletion of the account, which asks for a sign-in of the last minutes."""
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    await change(SignInSession, created_at=datetime.now(UTC) - timedelta(days=1))
    sent = {"json": {"confirmation": "delete"}, "headers": {"Sec-Fetch-Site": "same-origin"}}
    refused = await visitor.client.post("/api/v1/me/deletion", **sent)
    assert refused.status_code == 422
    assert "open Haitang from your learning platform once more" in refused.text
    await visitor.launch(LEARNER, LINK)
    assert (await visitor.client.post("/api/v1/me/deletion", **sent)).status_code == 200


async def test_somebody_else_in_the_same_browser_gets_a_session_of_their_own(browser, count):
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    before = visitor.client.cookies["__Host-frame-session"]
    await visitor.launch(TEACHER, LINK)
    assert visitor.client.cookies["__Host-frame-session"] != before
    assert count(SignInSession) == 1
    assert (await visitor.client.get("/api/v1/me")).json()["name"] == TEACHER.name


async def test_signing_out_ends_it(browser, count):
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    account = await visitor.client.get("/en/account")
    token = re.search('name="token" value="([^"]+)"', account.text)[1]
    sent = {"Sec-Fetch-Site": "same-origin"}
    farewell = await visitor.client.post("/en/sign-out", data={"token": token}, headers=sent)
    assert "You are signed out" in farewell.text
    assert f"frame-ancestors {visitor.platform.address};" in farewell.headers["content-security-policy"]
    assert LEARNER.name not in farewell.text
    assert "__Host-frame-session" not in visitor.client.cookies
    assert count(SignInSession) == 0


async def test_the_newest_way_in_counts(browser):
    """In a frame, and later in a tab of its own: one browser, one session."""
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    response = await visitor.send(await visitor.message(TEACHER, LINK), **{"Sec-Fetch-Dest": "document"})
    assert response.status_code == 303
    assert "__Host-frame-session" not in visitor.client.cookies
    assert (await visitor.client.get("/api/v1/me")).json()["name"] == TEACHER.name


async def test_an_answer_is_given_in_the_frame(browser, assigned):
    link = await assigned()
    student = browser()
    assignment = link.custom[names.ASSIGNMENT]
    await student.launch(LEARNER, link)
    items = (await student.client.get(f"/api/v1/assignments/{assignment}/items")).json()["items"]
    body = {"assignment": assignment, "item": items[0]["id"], "answers": {"count": 128}}
    sent = await student.client.post("/api/v1/attempts", json=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert sent.status_code == 201, sent.text
    foreign = await student.client.post("/api/v1/attempts", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
