"""Platforms, registered by hand: in the API and on the pages of the administrator."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import sessions
from tests.app.conftest import Account
from tests.backends import on_both_databases
from tests.lti.platform import TEACHER, Course, Platform
from tests.lti.setup.conftest import TOOL, Browser, inputs, registration

pytestmark = pytest.mark.anyio

PLATFORMS = "/api/v1/lti/platforms"


# The API


async def test_a_registration_is_shown_as_it_was_made(
    administrator: Account, connected: dict[str, Any], platform: Platform
) -> None:
    wanted = registration(platform)
    del wanted["deployments"]
    assert wanted.items() <= connected.items()
    assert [each["deployment_id"] for each in connected["deployments"]] == ["1"]
    assert (await administrator.client.get(f"{PLATFORMS}/{connected['id']}")).json() == connected
    assert (await administrator.client.get(PLATFORMS)).json() == {"items": [connected], "next_cursor": None}


async def test_one_issuer_may_have_many_clients_but_each_once(
    administrator: Account, connected: dict[str, Any], platform: Platform
) -> None:
    again = await administrator.client.post(PLATFORMS, json=registration(platform))
    assert again.status_code == 409
    assert again.json()["errors"][0]["pointer"] == "/client_id"
    other = await administrator.client.post(PLATFORMS, json=registration(platform, client_id="another"))
    assert other.status_code == 201
    wanted = {"client_id": connected["client_id"]}
    assert (await administrator.client.patch(f"{PLATFORMS}/{other.json()['id']}", json=wanted)).status_code == 409


@pytest.mark.parametrize("member", ["authorization_url", "token_url", "keyset_url"])
async def test_addresses_that_may_not_be_called_are_refused(
    administrator: Account, platform: Platform, connected: dict[str, Any], member: str
) -> None:
    for address in ("ftp://lms.example.edu", "https://user@lms.example.edu/", "lms", "https:///x", "https://l ms/"):
        body = registration(platform, client_id="another") | {member: address}
        refused = await administrator.client.post(PLATFORMS, json=body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{member}"), address
        changed = await administrator.client.patch(f"{PLATFORMS}/{connected['id']}", json={member: address})
        assert changed.status_code == 422


@on_both_databases
async def test_deployments_come_and_go_until_they_are_used(
    administrator: Account, connected: dict[str, Any], browser: Browser
) -> None:
    address = f"{PLATFORMS}/{connected['id']}/deployments"
    made = await administrator.client.post(address, json={"deployment_id": "2"})
    assert made.status_code == 201
    assert (await administrator.client.post(address, json={"deployment_id": "2"})).status_code == 409
    left = await administrator.client.delete(f"{address}/{made.json()['id']}")
    assert [each["deployment_id"] for each in left.json()["deployments"]] == ["1"]
    await browser.launch(TEACHER, Course())
    used = await administrator.client.delete(f"{address}/{connected['deployments'][0]['id']}")
    assert used.status_code == 409


async def test_issuer_and_client_are_fixed_once_somebody_has_come(
    administrator: Account, connected: dict[str, Any], browser: Browser
) -> None:
    """A person is the issuer's subject: with another issuer nobody would find their work again."""
    address = f"{PLATFORMS}/{connected['id']}"
    assert (await administrator.client.patch(address, json={"issuer": "https://x.example"})).status_code == 200
    assert (await administrator.client.patch(address, json={"issuer": connected["issuer"]})).status_code == 200
    await browser.launch(TEACHER, Course())
    for change in ({"issuer": "https://x.example"}, {"client_id": "x"}):
        assert (await administrator.client.patch(address, json=change)).status_code == 409
    renamed = await administrator.client.patch(address, json={"name": "New", "issuer": connected["issuer"]})
    assert renamed.json()["name"] == "New"
    assert renamed.json()["last_launch_at"] is not None


async def test_from_a_disabled_platform_nobody_comes(
    administrator: Account, connected: dict[str, Any], browser: Browser, platform: Platform
) -> None:
    address = f"{PLATFORMS}/{connected['id']}"
    disabled = await administrator.client.patch(address, json={"disabled": True})
    assert disabled.json()["disabled_at"] is not None
    refused = await browser.client.post("/lti/login", data=platform.initiate(TEACHER, Course()))
    assert refused.status_code == 403
    await administrator.client.patch(address, json={"disabled": False})
    assert (await browser.launch(TEACHER, Course())).status_code == 200


async def test_the_audit_log_tells_who_connected_what(administrator: Account, connected: dict[str, Any]) -> None:
    entries = (await administrator.client.get("/api/v1/audit")).json()["items"]
    (made,) = (entry for entry in entries if entry["action"] == "lti-platform.create")
    assert (made["actor"], made["subject"]) == (administrator.id, connected["id"])


async def test_the_tool_says_what_to_type_in(administrator: Account) -> None:
    tool = (await administrator.client.get("/api/v1/lti/tool")).json()
    assert tool["login_url"] == f"{TOOL}/lti/login"
    assert tool["redirect_urls"] == [tool["launch_url"]]
    assert (await administrator.client.get(tool["keyset_url"].removeprefix(TOOL))).json()["keys"]
    icon = await administrator.client.get(tool["icon_url"].removeprefix(TOOL))
    assert icon.headers["content-type"] == "image/svg+xml"
    assert icon.headers["cross-origin-resource-policy"] == "cross-origin"
    assert tool["canvas"]["extensions"][0]["domain"] == "haitang.test"


# The pages


@pytest.fixture
async def pages(app: FastAPI, administrator: Account, browser: Browser) -> Browser:
    """The browser of the administrator, who has signed in."""
    service = app.state.service
    id_ = await service.writer.write(
        lambda session: sessions.begin(session, administrator.id, "tests", service.settings, service.clock())
    )
    browser.client.cookies.set("__Host-session", id_)
    return browser


async def post(pages: Browser, page: httpx.Response, address: str, **fields: str) -> httpx.Response:
    """Send a form that the page holds to its address."""
    token = dict(inputs(page))["token"]
    return await pages.client.post(address, data={"token": token} | fields, follow_redirects=True)


@pytest.mark.parametrize("product", ["moodle", "canvas", "openedx", "BlackboardLearn", "desire2learn", ""])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_page_for_each_product_lists_our_addresses(pages: Browser, product: str, language: str) -> None:
    page = await pages.client.get(f"/{language}/lti/new?product={product}&site=https://lms.example.edu/")
    assert page.status_code == 200, page.text
    for path in ("login", "launch", "jwks"):
        assert f'<code class="secret">{TOOL}/lti/{path}</code>' in page.text
    if product == "moodle":
        assert ("token_url", "https://lms.example.edu/mod/lti/token.php") in inputs(page)
    if product == "canvas":
        assert "Paste JSON" in page.text


@on_both_databases
async def test_connecting_by_hand(pages: Browser, platform: Platform) -> None:
    page = await pages.client.get("/en/lti/new")
    wanted = registration(platform) | {
        "deployments": "1\n2\n",
        "keyset_url": "https://lms.example.edu/{client_id}/jwks",
    }
    shown = await post(pages, page, "/en/lti/new", **wanted)
    assert shown.url.path.startswith("/en/lti/platforms/")
    assert "<code>2</code>" in shown.text
    assert ("keyset_url", f"https://lms.example.edu/{platform.client_id}/jwks") in inputs(shown)
    assert "LMS" in (await pages.client.get("/zh/lti")).text
    again = await post(pages, page, "/en/lti/new", **wanted)
    assert again.status_code == 409
    assert "registered already" in again.text
    assert ("client_id", platform.client_id) in inputs(again)


async def test_what_does_not_fit_is_said_beside_its_field(pages: Browser, platform: Platform) -> None:
    page = await pages.client.get("/en/lti/new")
    refused = await post(pages, page, "/en/lti/new", **registration(platform, keyset_url="nowhere", name=""))
    assert refused.status_code == 422
    assert 'id="name-fault"' in refused.text


async def test_changing_on_the_page(pages: Browser, connected: dict[str, Any], platform: Platform) -> None:
    address = f"/en/lti/platforms/{connected['id']}"
    page = await pages.client.get(address)
    renamed = await post(pages, page, address, **registration(platform, name="Renamed"))
    assert "<h1>Renamed</h1>" in renamed.text
    more = await post(pages, page, f"{address}/deployments", deployment_id="7")
    assert "<code>7</code>" in more.text
    twice = await post(pages, page, f"{address}/deployments", deployment_id="7")
    assert twice.status_code == 409
    fewer = await post(pages, page, f"{address}/deployments/{connected['deployments'][0]['id']}/delete")
    assert "<code>1</code>" not in fewer.text
    disabled = await post(pages, page, address, disable="yes")
    assert "Disabled" in disabled.text


async def test_the_pages_are_for_administrators(browser: Browser, connected: dict[str, Any]) -> None:
    await browser.launch(TEACHER, Course())
    for address in ("/en/lti", "/en/lti/new", f"/en/lti/platforms/{connected['id']}"):
        assert (await browser.client.get(address)).status_code == 403, address
    browser.client.cookies.clear()
    assert (await browser.client.get("/en/lti")).status_code == 303
