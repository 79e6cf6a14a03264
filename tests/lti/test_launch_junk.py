"""Claims of every wrong kind: a launch is accepted or refused, and is never a fault of ours."""

import pytest
from sqlalchemy import select

from app.lti import claims as names
from app.lti import models
from tests.lti.conftest import reason_of
from tests.lti.platform import LEARNER, TEACHER, Course, ResourceLink

pytestmark = pytest.mark.anyio

JUNK = (None, True, -1, 2**80, "", "\x00", "é" * 300, "\ud83e", [], [[]], {}, {"\x00": "\x00"})
INNER = ("id", "title", "label", "scope", "lineitem", "lineitems", "context_memberships_url", "locale", "return_url")


async def _accepted_or_refused(visitor, member, what, bend) -> None:
    response = await visitor.launch(member, what, bend)
    assert response.status_code in {303, 403}, response.text
    if response.status_code == 403:
        assert reason_of(response)


@pytest.fixture(params=["postgresql"])
def backend(request):
    """The database that is the stricter about texts."""
    return request.param


async def test_whole_claims(browser):
    visitor = browser()
    for what in (ResourceLink(), Course()):
        own = {names.DEEP_LINKING_SETTINGS} if isinstance(what, Course) else visitor.platform.claims(TEACHER, what, "x")
        for name in own:
            for junk in JUNK:

                def bend(claims, name=name, junk=junk):
                    claims[name] = junk

                await _accepted_or_refused(visitor, TEACHER, what, bend)


async def test_members_of_claims(browser):
    visitor, link = browser(), ResourceLink()
    objects = (names.CONTEXT, names.RESOURCE_LINK, names.AGS_ENDPOINT, names.NRPS_SERVICE, names.LAUNCH_PRESENTATION)
    for claim in objects:
        for name in INNER:
            for junk in JUNK[3::3]:

                def bend(bent, claim=claim, name=name, junk=junk):
                    bent[claim] = {**bent[claim], name: junk}

                await _accepted_or_refused(visitor, LEARNER, link, bend)


async def test_the_parameter_of_the_link(browser, app):
    visitor = browser()
    for junk in (*JUNK, "0", "../../etc/passwd", "01890000-0000-7000-8000-000000000000"):
        link = ResourceLink(custom={names.ASSIGNMENT: junk})
        await _accepted_or_refused(visitor, LEARNER, link, lambda _claims: None)
    with app.state.service.database.reading() as session:
        assert session.scalars(select(models.Link.assignment_id)).all() == [None]
