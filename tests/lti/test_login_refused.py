"""Logins that go no further, and answers that belong to no login: each on a page that says why."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from app.lti import models
from app.lti.logins import KEPT, LIFETIME
from tests.lti.conftest import TOOL, reason_of, register
from tests.lti.platform import LEARNER, TEACHER, Course, Platform, ResourceLink

pytestmark = pytest.mark.anyio

LINK = ResourceLink()


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Nothing is stored that one database would keep and the other not."""
    return request.param


class TestInitiation:
    @pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
    async def test_a_missing_parameter(self, browser, missing):
        assert reason_of(await browser().login(LEARNER, LINK, **{missing: ""})) == "login-incomplete"

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            ({"iss": "https://elsewhere.test"}, "unknown-platform"),
            ({"client_id": "another"}, "unknown-platform"),
            ({"lti_deployment_id": "another"}, "unknown-deployment"),
            ({"iss": "x" * 10_000}, "login-incomplete"),
            ({"iss": "https://lms.test/\x00"}, "login-incomplete"),
        ],
    )
    async def test_whom_nobody_knows(self, browser, changed, reason):
        response = await browser().login(LEARNER, LINK, **changed)
        assert response.status_code in {403, 404}
        assert reason_of(response) == reason

    async def test_a_platform_that_was_switched_off(self, browser, app, change):
        visitor = browser()
        await change(models.Platform, disabled_at=app.state.service.clock())
        assert reason_of(await visitor.login(LEARNER, LINK)) == "disabled-platform"

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.test/lti/launch",
            "http://haitang.test/lti/launch",
            "https://haitang.test.evil.test/",
            "https://haitang.test@evil.test/",
            "https://evil@haitang.test/lti/launch",
            "https://haitang.test:8443/lti/launch",
            "//evil.test",
            "/lti/launch",
            "javascript:alert(1)",
        ],
    )
    async def test_a_foreign_target(self, browser, target):
        """An open redirect begins with an address that somebody else chose."""
        response = await browser().login(LEARNER, LINK, target=target)
        assert reason_of(response) == "foreign-target"
        assert "location" not in response.headers

    async def test_the_browser_goes_to_the_registered_address_alone(self, browser, platform):
        response = await browser().login(LEARNER, LINK, redirect_uri="https://evil.test", state="mine", nonce="mine")
        assert response.headers["location"].startswith(f"{platform.address}/auth?")
        assert "evil" not in response.headers["location"]
        assert "mine" not in response.headers["location"]

    async def test_an_authorization_address_may_have_a_query_of_its_own(self, browser, change, platform):
        visitor = browser()
        await change(models.Platform, authorization_url=f"{platform.address}/auth?tenant=3")
        response = await visitor.login(LEARNER, LINK)
        assert response.headers["location"].startswith(f"{platform.address}/auth?tenant=3&scope=openid&")


class TestState:
    async def test_no_state(self, browser):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        assert reason_of(await visitor.send(fields | {"state": ""})) == "launch-incomplete"

    async def test_logins_that_nobody_finishes_are_stored_nowhere(self, browser, app, count):
        """Anybody can begin them, as many as they like; behind one address there may be a whole university."""
        written = []
        write = app.state.service.writer.write
        app.state.service.writer.write = lambda job: written.append(job) or write(job)
        visitor = browser()
        for _ in range(5):
            fields = await visitor.message(LEARNER, LINK)
        assert reason_of(await visitor.send(fields | {"id_token": "x"})) == "malformed-token"
        assert written == []
        assert (await visitor.send(fields)).status_code == 303
        assert count(models.UsedLogin) == len(written) == 1

    async def test_what_was_used_is_kept_until_nobody_could_use_it_again(self, browser, app, count, change):
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        await change(models.UsedLogin, expires_at=app.state.service.clock() - KEPT - timedelta(seconds=1))
        await visitor.launch(LEARNER, LINK)
        assert count(models.UsedLogin) == 1

    async def test_no_token(self, browser):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        assert reason_of(await visitor.send(fields | {"id_token": ""})) == "launch-incomplete"

    async def test_a_state_that_was_made_up(self, browser, nothing_happened):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        told, _, mac = fields["state"].partition(".")
        own = f"{told[:-8]}AAAAAAA=.{mac}"
        for state in ("x" * 43, f"{told}.", told, f"{told}.{mac}x", own, f".{mac}", "é.ü"):
            assert reason_of(await visitor.send(fields | {"state": state})) == "unknown-state"
        assert nothing_happened()

    async def test_a_state_that_took_too_long(self, browser, app):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        later = app.state.service.clock() + LIFETIME
        app.state.service = replace(app.state.service, clock=lambda: later)
        assert reason_of(await visitor.send(fields)) == "expired-state"

    async def test_a_platform_that_was_switched_off_meanwhile(self, browser, app, change):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        await change(models.Platform, disabled_at=app.state.service.clock())
        assert reason_of(await visitor.send(fields)) == "disabled-platform"

    async def test_replay_of_token_and_state(self, browser):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        assert (await visitor.send(fields)).status_code == 303
        response = await visitor.send(fields)
        assert (response.status_code, reason_of(response)) == (409, "used-state")

    async def test_a_second_token_with_the_state_of_the_first(self, browser, platform):
        """Signed anew, and right in everything but that its login is over."""
        visitor = browser()
        seen = []
        platform.bend = lambda claims: seen.append(dict(claims))
        fields = await visitor.message(LEARNER, LINK)
        assert (await visitor.send(fields)).status_code == 303
        again = fields | {"id_token": platform.sign(seen[0] | {"sub": "8"})}
        assert reason_of(await visitor.send(again)) == "used-state"

    async def test_a_state_from_another_browser(self, browser, nothing_happened):
        """Somebody begins a login and has another browser finish it, to sign that one in as themselves."""
        fields = await browser().message(LEARNER, LINK)
        assert reason_of(await browser().send(fields)) == "other-browser"
        assert nothing_happened()

    async def test_a_browser_that_has_begun_a_login_of_its_own_is_another_one_still(self, browser):
        fields = await browser().message(LEARNER, LINK)
        victim = browser()
        await victim.login(LEARNER, LINK)
        assert reason_of(await victim.send(fields)) == "other-browser"

    async def test_logins_side_by_side_do_not_disturb_each_other(self, browser):
        """A page of the LMS may hold several frames."""
        visitor = browser()
        first = await visitor.message(LEARNER, LINK)
        second = await visitor.message(LEARNER, ResourceLink("32", "Sheet 2"))
        assert (await visitor.send(first)).status_code == 303
        assert (await visitor.send(second)).status_code == 303

    async def test_an_error_of_the_platform(self, browser):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        said = {"error": "login_required", "error_description": "<b>Session</b> ended"}
        response = await visitor.send({"state": fields["state"], **said})
        assert reason_of(response) == "platform-error"
        assert "login_required &lt;b&gt;Session&lt;/b&gt; ended" in response.text

    async def test_an_error_without_a_login_is_not_repeated(self, browser):
        response = await browser().send({"state": "made up", "error": "call +1 555 0100 for help"})
        assert reason_of(response) == "unknown-state"
        assert "555" not in response.text


class TestWithoutCookies:
    async def test_without_the_platforms_storage_a_new_tab_is_offered(self, browser, platform):
        visitor = browser()
        first = await visitor.client.post("/lti/login", data=platform.initiate(LEARNER, LINK))
        visitor.client.cookies.clear()
        page = await visitor.client.get(first.headers["location"])
        assert page.status_code == 200
        assert "Open Haitang in a new tab" in page.text
        # The link begins the login again, with all that the platform sent.
        again = re.search('href="(/lti/login[^"]+)"', page.text)[1].replace("&amp;", "&")
        response = await visitor.client.get(again)
        response = await visitor.client.get(response.headers["location"])
        fields = platform.authorize(response.headers["location"])
        assert (await visitor.send(fields, **{"Sec-Fetch-Dest": "document"})).status_code == 303

    async def begun(self, visitor, platform):
        """A login in a browser without cookies, by the platform's storage: what is kept there, and the message."""
        platform.storage = True
        first = await visitor.client.post("/lti/login", data=platform.initiate(LEARNER, LINK))
        visitor.client.cookies.clear()
        page = (await visitor.client.get(first.headers["location"])).text
        secret, address = (re.search(f'data-{name}="([^"]+)"', page)[1] for name in ("secret", "next"))
        return secret, platform.authorize(address.replace("&amp;", "&"))

    async def test_the_platforms_storage_binds_the_login_to_the_browser(self, browser, platform):
        visitor = browser()
        secret, fields = await self.begun(visitor, platform)
        page = await visitor.send(fields)
        assert page.status_code == 200
        assert f'data-origin="{platform.address}"' in page.text
        assert secret not in page.text
        response = await visitor.send(fields | {"browser": secret}, **{"Sec-Fetch-Dest": "document"})
        assert response.status_code == 303

    @pytest.mark.parametrize("kept", ["", "made up"])
    async def test_a_secret_that_the_platform_did_not_keep(self, browser, platform, nothing_happened, kept):
        visitor = browser()
        _, fields = await self.begun(visitor, platform)
        assert reason_of(await visitor.send(fields | {"browser": kept})) == "other-browser"
        assert nothing_happened()

    async def test_the_page_of_another_site_can_not_finish_its_own_login_here(
        self, browser, platform, nothing_happened
    ):
        """Who begins a login has its secret too, and would sign others in as themself."""
        secret, fields = await self.begun(browser(), platform)
        refused = await browser().send(fields | {"browser": secret}, **{"Sec-Fetch-Site": "cross-site"})
        assert reason_of(refused) == "other-browser"
        assert nothing_happened()

    async def test_a_login_that_began_with_a_cookie_ends_with_it(self, browser):
        """The field `browser` is no way around the cookie where no storage was agreed upon."""
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        (value,) = visitor.client.cookies.values()
        visitor.client.cookies.clear()
        assert reason_of(await visitor.send(fields | {"browser": value})) == "other-browser"


class TestPageOfRefusal:
    async def test_it_speaks_the_readers_language(self, browser):
        visitor = browser()
        visitor.client.headers["Accept-Language"] = "zh-CN"
        response = await visitor.login(LEARNER, LINK, client_id="another")
        assert "无法打开" in response.text
        assert reason_of(response) == "unknown-platform"

    async def test_it_can_be_seen_in_a_frame_and_is_kept_nowhere(self, browser):
        response = await browser().login(LEARNER, LINK, client_id="another")
        assert "frame-ancestors *;" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"

    async def test_what_was_sent_is_shown_as_text(self, browser):
        response = await browser().login(LEARNER, LINK, client_id="<script>alert(1)</script>")
        assert "<script>alert" not in response.text

    async def test_a_body_that_is_no_form(self, browser):
        response = await browser().client.post("/lti/launch", content=b"\xff\x00{", headers={"Content-Type": "x/y"})
        assert reason_of(response) == "launch-incomplete"


async def test_a_login_at_one_platform_is_not_finished_by_another(browser, app, platform):
    """Mix-up: the token of a platform that is registered too, for the state of a login elsewhere."""
    visitor = browser()
    fields = await visitor.message(LEARNER, LINK)
    with Platform(TOOL, client_id=platform.client_id) as other:
        await register(app, other)
        token = other.sign(other.claims(LEARNER, LINK, "x"))
        assert reason_of(await visitor.send(fields | {"id_token": token})) == "unknown-key"


async def test_deep_linking_needs_no_link(browser):
    """The other kind of message, for comparison with those that are refused."""
    response = await browser().launch(TEACHER, Course())
    assert response.headers["location"].startswith("/en/lti/deep-link/")
