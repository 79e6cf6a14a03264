"""Cursors that this server never made: refused, and never a question to the database."""

import pytest

from app.core.pagination import encode_cursor

pytestmark = pytest.mark.anyio

PLACES = (
    "/api/v1/assignments/{assignment}/items/{item}/attempts",
    "/api/v1/assignments/{assignment}/items/{item}/overrides",
    "/api/v1/assignments/{assignment}/lti/scores",
    "/api/v1/courses/{course}/audit",
    "/api/v1/attempts",
)


@pytest.fixture(params=["postgresql"])
def backend(request):
    """The database that is the stricter about numbers and texts."""
    return request.param


@pytest.mark.parametrize("position", ["9" * 30, "9" * 19, "-1", "٣", "²", "x", "\x00"])
async def test_a_position_that_no_row_can_have(classroom, position):
    room = await classroom(0)
    await room.assign({})
    for place in PLACES:
        address = place.format(assignment=room.assignment, item=room.items[0], course=room.course)
        response = await room.teacher.client.get(address, params={"cursor": encode_cursor(position)})
        assert response.status_code == 422, (address, response.text)
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_position_beyond_all_rows(classroom):
    """The audit log goes from the newest entry to the oldest, so all of it comes after this one; other lists end."""
    room = await classroom(0)
    await room.assign({})
    found = []
    for place in PLACES[1:4]:
        address = place.format(assignment=room.assignment, item=room.items[0], course=room.course)
        response = await room.teacher.client.get(address, params={"cursor": encode_cursor("9" * 18)})
        assert response.status_code == 200, (address, response.text)
        found.append(len(response.json()["items"]))
    assert found == [0, 0, 2]
