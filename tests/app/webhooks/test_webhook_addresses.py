"""Only https, only the public internet: what leads elsewhere is refused, or not called."""

import pytest

from app.core.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """Addresses do not depend on the database."""
    return "sqlite"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """As a service that is no developer's."""
    return Settings(database_url=database_url, secret="a secret of the tests, which is long enough")


@pytest.fixture
async def teaching(classroom):
    room = await classroom(1)
    return room.teacher.client, f"/api/v1/courses/{room.course}/webhooks"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.43.8/hook",
        "ftp://192.0.43.8/hook",
        "https://",
        "https://user:password@192.0.43.8/",
        "https://127.0.0.1/",
        "https://10.0.0.1/hook",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://192.0.43.8:99999/",
        "hook",
    ],
)
async def test_addresses_that_would_never_be_called_are_refused(teaching, url):
    client, path = teaching
    good = (await client.post(path, json={"url": "https://192.0.43.8/hook"})).headers["Location"]
    for refused in (await client.post(path, json={"url": url}), await client.patch(good, json={"url": url})):
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/url"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1"])
async def test_names_that_lead_within_are_not_called(teaching, hook_of, host):
    client, path = teaching
    hook = hook_of(client, await client.post(path, json={"url": f"https://{host}/"}))
    found = await hook.tried(await hook.ping())
    assert (found["state"], found["last_status"]) == ("pending", None)
    assert "not an address of the public internet" in found["last_error"]


async def test_a_name_that_nobody_knows_is_tried_again(teaching, hook_of):
    client, path = teaching
    hook = hook_of(client, await client.post(path, json={"url": "https://haitang.invalid/"}))
    found = await hook.tried(await hook.ping())
    assert (found["state"], found["last_status"]) == ("pending", None)
    assert "No address is known" in found["last_error"]
