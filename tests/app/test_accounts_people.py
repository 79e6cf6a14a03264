"""People with an account, as the administrator makes and changes them, over the API and on the page."""

import re

import pytest

from app.accounts import forgetting, people
from app.accounts.models import Person
from app.core.errors import ConflictError

pytestmark = pytest.mark.anyio

NEW = {"name": "Lin Hai", "email": " Lin.Hai@Example.edu "}


def slug(response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix("/errors/")


@pytest.fixture
async def root(account):
    return await account("root", is_admin=True)


async def test_an_account_is_made_and_found(root):
    made = await root.client.post("/api/v1/people", json=NEW)
    assert made.status_code == 201
    person = made.json()
    assert (person["name"], person["email"], person["has_password"], person["is_admin"]) == (
        "Lin Hai",
        "lin.hai@example.edu",
        False,
        False,
    )
    assert (await root.client.get(made.headers["location"])).json() == person
    assert (await root.client.get("/api/v1/people?search=lin%20h")).json()["items"] == [person]
    for nothing in ("100%25", "%00"):  # PostgreSQL has no text with a NUL
        assert (await root.client.get(f"/api/v1/people?search={nothing}")).json()["items"] == []


async def test_a_repeated_request_makes_one_account(root):
    headers = {"Idempotency-Key": "one"}
    first = await root.client.post("/api/v1/people", json=NEW, headers=headers)
    again = await root.client.post("/api/v1/people", json=NEW, headers=headers)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    other = await root.client.post("/api/v1/people", json=NEW | {"name": "Wei"}, headers=headers)
    assert slug(other) == (409, "idempotency-key-reused")
    assert slug(await root.client.post("/api/v1/people", json=NEW)) == (409, "conflict")


async def test_closing_an_account_ends_its_tokens(root, account):
    lin = await account("lin")
    closed = await root.client.patch(f"/api/v1/people/{lin.id}", json={"disabled": True})
    assert closed.json()["disabled_at"] is not None
    assert slug(await lin.client.get("/api/v1/me")) == (401, "invalid-token")
    opened = await root.client.patch(f"/api/v1/people/{lin.id}", json={"disabled": False, "name": "Lin"})
    assert (opened.json()["disabled_at"], opened.json()["name"]) == (None, "Lin")
    assert slug(await lin.client.get("/api/v1/me")) == (401, "invalid-token")  # what was revoked stays revoked


async def test_somebody_is_left_who_administers(root):
    for change in ({"is_admin": False}, {"disabled": True}):
        assert slug(await root.client.patch(f"/api/v1/people/{root.id}", json=change)) == (409, "conflict")
    assert (await root.client.get("/api/v1/me")).json()["is_admin"] is True


async def test_a_taken_address_and_none_are_refused(root, account):
    lin, wei = await account("lin"), await account("wei")
    path = f"/api/v1/people/{lin.id}"
    assert slug(await root.client.patch(path, json={"email": wei.email})) == (409, "conflict")
    for email in ("nobody", "a b@example.edu", "@", "a@", ""):
        response = await root.client.patch(path, json={"email": email})
        assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "/email")
    assert (await root.client.patch(path, json={"email": lin.email})).status_code == 200


async def test_a_link_opens_the_account(root, account, client):
    lin = await account("lin")
    link = (await root.client.post(f"/api/v1/people/{lin.id}/sign-in-links")).json()
    page = await client.get(link["path"])
    assert "This link signs you in as lin." in page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    await client.post(link["path"], data={"token": token, "password": "seven quiet herons"})
    assert (await client.get("/api/v1/me")).json()["id"] == lin.id


async def test_who_is_no_person_is_not_found(root):
    for id_ in ("nonsense", "01a2054b-5386-70de-b9b7-058e224f8480"):
        assert slug(await root.client.get(f"/api/v1/people/{id_}")) == (404, "unknown-person")
        assert slug(await root.client.patch(f"/api/v1/people/{id_}", json={})) == (404, "unknown-person")
        assert slug(await root.client.post(f"/api/v1/people/{id_}/sign-in-links")) == (404, "unknown-person")


async def test_what_the_administrator_does_is_logged_without_names(root):
    id_ = (await root.client.post("/api/v1/people", json=NEW)).json()["id"]
    await root.client.patch(f"/api/v1/people/{id_}", json={"name": "Wei", "is_admin": True})
    entries = (await root.client.get("/api/v1/audit?limit=2")).json()
    assert [(entry["action"], entry["subject"], entry["actor"]) for entry in entries["items"]] == [
        ("person.change", id_, root.id),
        ("person.create", id_, root.id),
    ]
    assert entries["items"][0]["detail"] == {"is_admin": True, "members": ["is_admin", "name"]}
    older = (await root.client.get("/api/v1/audit", params={"cursor": entries["next_cursor"]})).json()
    assert {entry["action"] for entry in older["items"]} == {"person.create", "token.create"}
    verdict = (await root.client.get("/api/v1/audit/verdict")).json()
    assert (verdict["holds"], verdict["entries"]) == (True, 4)
    assert verdict["head"] == entries["items"][0]["hash"]


async def test_forgetting_a_person_keeps_what_they_answered(root, account, app):
    lin = await account("lin")
    answer = {"problem": "1.6", "seed": 0, "form": "choice", "answers": {"answer": "B"}}
    await lin.client.post("/api/v1/attempts", json=answer)
    service = app.state.service
    await service.writer.write(lambda session: forgetting.forget(session, root.id, lin.id, service.clock()))
    person = await service.database.read(lambda session: session.get_one(Person, lin.id))
    assert (person.name, person.email, person.password_hash) == ("(deleted)", None, None)
    assert slug(await lin.client.get("/api/v1/me")) == (401, "invalid-token")


async def test_addresses_are_unique_in_the_database_too(account, app):
    await account("lin")
    with pytest.raises(ConflictError):
        await app.state.service.writer.write(
            lambda session: people.create(session, None, app.state.service.clock(), name="x", email="lin@example.edu")
        )


class TestPage:
    @pytest.fixture
    async def browser(self, root, client):
        """A browser in which the administrator is signed in."""
        path = (await root.client.post(f"/api/v1/people/{root.id}/sign-in-links")).json()["path"]
        token = re.search(r'name="token" value="([^"]+)"', (await client.get(path)).text)[1]
        await client.post(path, data={"token": token, "password": "seven quiet herons"})
        return client

    async def test_making_an_account_shows_its_link(self, browser, app, browse):
        page = await browser.get("/zh/people")
        token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
        made = await browser.post("/zh/people", data={"token": token, **NEW})
        link = re.search(r'<code class="secret">([^<]+)</code>', made.text)[1]
        async with browse(app) as other:
            assert "Lin Hai" in (await other.get(link)).text
        refused = await browser.post("/zh/people", data={"token": token, **NEW, "name": "a\0b"})
        assert "需要填写姓名和邮箱地址。" in refused.text
        again = await browser.post("/zh/people", data={"token": token, **NEW})
        assert "已有人用这个邮箱地址注册。" in again.text

    async def test_it_is_for_the_administrator(self, account, root, browse, app):
        lin = await account("lin")
        path = (await root.client.post(f"/api/v1/people/{lin.id}/sign-in-links")).json()["path"]
        async with browse(app) as other:
            assert (await other.get("/en/people")).headers["location"] == "/en/sign-in?next=/en/people"
            token = re.search(r'name="token" value="([^"]+)"', (await other.get(path)).text)[1]
            await other.post(path, data={"token": token, "password": "seven quiet herons"})
            assert (await other.get("/en/people")).status_code == 403
            refused = await other.post("/en/people", data={"token": token, **NEW})
            assert refused.status_code == 403

    async def test_a_token_is_made_and_revoked(self, browser, app, browse):
        token = re.search(r'name="token" value="([^"]+)"', (await browser.get("/en/account/tokens")).text)[1]
        form = {"token": token, "name": "notebook", "scopes": ["read", "attempt"], "days": "30"}
        made = await browser.post("/en/account/tokens", data=form)
        key = re.search(r'<code class="secret">([^<]+)</code>', made.text)[1]
        async with browse(app) as program:
            program.headers["Authorization"] = f"Bearer {key}"
            assert (await program.get("/api/v1/me")).json()["scopes"] == ["read", "attempt"]
            id_ = key.split("_")[1]
            await browser.post(f"/en/account/tokens/{id_}/revoke", data={"token": token})
            assert (await program.get("/api/v1/me")).status_code == 401
        assert key not in (await browser.get("/en/account/tokens")).text
        nothing = await browser.post("/en/account/tokens", data={"token": token, "name": ""})
        assert "Choose at least one." in nothing.text
        forged = await browser.post("/en/account/tokens", data=form | {"token": "forged"})
        assert forged.status_code == 403
