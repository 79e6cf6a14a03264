"""The lists of 1EdTech's certification of tools (LTI 1.3 core): messages known to be bad, and valid launches.

The names of the tests are those of the lists. What is refused here for reasons of our own stands in the other files.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from app.courses.models import Enrolment
from app.lti import claims as names
from tests.lti.conftest import reason_of
from tests.lti.platform import LEARNER, PERSON, TEACHER, Member, ResourceLink

pytestmark = pytest.mark.anyio

LINK = ResourceLink()
PERSONAL = ("name", "given_name", "family_name", "middle_name", "email")


@pytest.fixture(params=["sqlite"])
def backend(request):
    return request.param


def without(*claims: str) -> Callable[[dict], object]:
    return lambda sent: [sent.pop(claim, None) for claim in claims]


@pytest.mark.parametrize("member", [LEARNER, TEACHER], ids=["student", "teacher"])
class TestKnownBadPayloads:
    @pytest.mark.parametrize("kid", [None, "imstester_66067"], ids=["no KID", "incorrect KID"])
    async def test_kid_in_the_header(self, browser, nothing_happened, platform, member, kid):
        visitor = browser()
        kept = []
        platform.bend = kept.append
        fields = await visitor.message(member, LINK)
        response = await visitor.send(fields | {"id_token": platform.sign(kept[0], kid=kid)})
        assert reason_of(response) == "unknown-key"
        assert nothing_happened()

    @pytest.mark.parametrize(
        "bend",
        [
            pytest.param(lambda sent: sent.update({names.VERSION: "11.3"}), id="wrong LTI version"),
            pytest.param(without(names.VERSION), id="no LTI version"),
            pytest.param(lambda sent: (sent.clear(), sent.update(name="badltilaunch")), id="invalid LTI message"),
            pytest.param(without("aud", "iss", "sub", names.DEPLOYMENT_ID, names.ROLES), id="missing LTI claims"),
            pytest.param(lambda sent: sent.update(iat=11111, exp=22222), id="timestamps incorrect"),
            pytest.param(without(names.MESSAGE_TYPE), id="message_type claim missing"),
            pytest.param(without(names.ROLES), id="role claim missing"),
            pytest.param(without(names.DEPLOYMENT_ID), id="deployment_id claim missing"),
            pytest.param(without(names.RESOURCE_LINK), id="resource_link_id claim missing"),
            pytest.param(without("sub"), id="user claim missing"),
        ],
    )
    async def test_claims(self, browser, nothing_happened, member, bend):
        response = await browser().launch(member, LINK, bend)
        assert response.status_code == 403
        assert "This could not be opened" in response.text
        assert nothing_happened()


class Who(NamedTuple):
    """Somebody who is launched, what they are in the course, and how else their roles may be written."""

    member: Member
    role: str
    short: str
    roles: list[str]


@pytest.mark.parametrize(
    "who",
    [
        Who(TEACHER, "instructor", "Instructor", [names.INSTRUCTOR, PERSON + "Staff", PERSON + "Other"]),
        Who(LEARNER, "student", "Learner", [names.LEARNER, PERSON + "Student", PERSON + "Mentor"]),
    ],
    ids=["teacher", "student"],
)
class TestValidLaunches:
    @pytest.fixture
    def launched(self, browser, app):
        """The role in which somebody was let in."""

        async def launch(member, bend=None) -> str:
            response = await browser().launch(member, LINK, bend)
            assert response.status_code == 303, response.text
            with app.state.service.database.reading() as session:
                (enrolment,) = session.query(Enrolment)
                return enrolment.role

        return launch

    async def test_launch(self, launched, who):
        assert await launched(who.member) == who.role

    async def test_with_multiple_role_values(self, launched, who):
        assert await launched(who.member, lambda sent: sent.update({names.ROLES: who.roles})) == who.role

    async def test_with_a_short_role_value(self, launched, who):
        assert await launched(who.member, lambda sent: sent.update({names.ROLES: [who.short]})) == who.role

    async def test_with_an_unknown_role(self, launched, who):
        unknown = "http://purl.imsglobal.org/vocab/lis/v2/uknownrole/unknown#Unknown"
        assert await launched(who.member, lambda sent: sent.update({names.ROLES: [who.roles[0], unknown]})) == who.role

    @pytest.mark.parametrize("none", [[], [""]], ids=["empty list", "empty text"])
    async def test_with_no_role(self, launched, who, none):
        assert await launched(who.member, lambda sent: sent.update({names.ROLES: none})) == "student"

    async def test_with_e_mail_only(self, launched, who):
        def bend(sent: dict) -> None:
            without(*PERSONAL)(sent)
            sent["email"] = "somebody@example.edu"

        assert await launched(who.member, bend) == who.role

    async def test_with_names_only(self, launched, who):
        def bend(sent: dict) -> None:
            without(*PERSONAL)(sent)
            sent |= {"name": "Ada King", "given_name": "Ada", "family_name": "King", "middle_name": "Byron"}

        assert await launched(who.member, bend) == who.role

    async def test_without_personal_data(self, launched, who):
        assert await launched(who.member, without(*PERSONAL)) == who.role

    async def test_with_e_mail_and_without_context(self, launched, who):
        def bend(sent: dict) -> None:
            del sent[names.CONTEXT]
            sent["email"] = "somebody@example.edu"

        assert await launched(who.member, bend) == who.role
