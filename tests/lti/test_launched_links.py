"""Which assignment a launch opens: one still to be chosen, another one than before, or the copy of a copied course."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from app.courses.models import Assignment, Enrolment
from app.lti import claims as names
from app.lti import models
from tests.lti.conftest import LINK, TOOL, reason_of, register
from tests.lti.platform import ASSISTANT, LEARNER, TEACHER, Platform, ResourceLink
from tests.lti.platform import Course as PlatformCourse

pytestmark = pytest.mark.anyio


class TestLinkWithoutAssignment:
    async def test_a_student_is_told_to_wait(self, browser):
        student = browser()
        response = await student.launch(LEARNER, LINK)
        page = await student.client.get(response.headers["location"])
        assert page.status_code == 200
        assert "Nothing to do here yet" in page.text

    async def test_who_teaches_chooses_one(self, browser):
        teacher = browser()
        response = await teacher.launch(TEACHER, LINK)
        assert response.headers["location"].startswith("/en/lti/choose/")
        assert (await teacher.client.get(response.headers["location"])).status_code == 200

    async def test_who_came_as_a_student_chooses_none_whatever_they_are_here(self, browser, change, read):
        student = browser()
        await student.launch(LEARNER, LINK)
        await change(Enrolment, role="instructor")
        (launch_id,) = read(select(models.Launch.id))[0]
        assert (await student.client.get(f"/en/lti/choose/{launch_id}")).status_code == 403

    async def test_a_draft_is_nothing_to_do_yet(self, browser, assigned):
        link = await assigned(published=False)
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"
        response = await browser().launch(ASSISTANT, link)
        assert response.headers["location"] == f"/en/assignments/{link.custom[names.ASSIGNMENT]}"


class TestAnotherAssignmentIsChosen:
    """Whatever the platform names with the link: what those who teach choose here counts, until it names another."""

    async def choose(self, browser, read, assignment: str, resource_link: str = LINK.id) -> httpx.Response:
        teacher = browser()
        await teacher.launch(TEACHER, LINK)
        (link_id,) = read(select(models.Link.id).where(models.Link.resource_link_id == resource_link))[0]
        sent = {"json": {"assignment_id": assignment}, "headers": {"Sec-Fetch-Site": "same-origin"}}
        return await teacher.client.patch(f"/api/v1/lti/links/{link_id}", **sent)

    async def opened(self, browser, link: ResourceLink) -> str:
        return (await browser().launch(LEARNER, link)).headers["location"].rpartition("/")[2]

    async def test_it_stays_until_the_platform_names_another(self, browser, assigned, read):
        first, second, third = [await assigned() for _ in range(3)]
        ids = [each.custom[names.ASSIGNMENT] for each in (first, second, third)]
        assert await self.opened(browser, first) == ids[0]
        assert (await self.choose(browser, read, ids[1])).status_code == 200
        assert await self.opened(browser, first) == ids[1]
        assert await self.opened(browser, third) == ids[2]
        assert await self.opened(browser, first) == ids[0]

    async def test_an_assignment_of_another_course_is_none(self, browser, assigned, read):
        here = (await assigned()).custom[names.ASSIGNMENT]
        there = await assigned(ResourceLink("32", course=PlatformCourse("12", "Another course")))
        refused = await self.choose(browser, read, there.custom[names.ASSIGNMENT])
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "unknown-assignment")
        assert (await self.choose(browser, read, here)).status_code == 200


class TestCopiedCourse:
    """The LMS copies a course: its links come from another context with the parameter of the old one."""

    def link_in(self, course: str, link: ResourceLink) -> ResourceLink:
        return ResourceLink(f"copied-{course}", link.title, PlatformCourse(course, f"Course {course}"), link.custom)

    async def test_the_assignment_is_copied_once(self, browser, assigned, read):
        link = await assigned()
        source = link.custom[names.ASSIGNMENT]
        addresses = {
            (await browser().launch(member, self.link_in("12", link))).headers["location"]
            for member in (LEARNER, TEACHER, LEARNER)
        }
        copies = read(select(Assignment.id, Assignment.title).where(Assignment.id != source))
        assert [title for _, title in copies] == ["Sheet 1"]
        assert addresses == {f"/en/assignments/{copies[0].id}"}

    async def test_a_copy_that_was_deleted_does_not_come_back(self, browser, assigned, read):
        """Somebody who teaches the new course did without it; the link waits for another one."""
        link = self.link_in("12", await assigned())
        teacher = browser()
        copy = (await teacher.launch(TEACHER, link)).headers["location"].rpartition("/")[2]
        deleted = await teacher.client.delete(f"/api/v1/assignments/{copy}", headers={"Sec-Fetch-Site": "same-origin"})
        assert deleted.status_code == 200, deleted.text
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"
        assert len(read(select(Assignment.id))) == 1

    async def test_a_draft_is_copied_as_one(self, browser, assigned):
        link = self.link_in("12", await assigned(published=False))
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"

    async def test_each_copy_of_the_course_has_its_own(self, browser, assigned, count):
        link = await assigned()
        for course in ("12", "13", "12"):
            await browser().launch(LEARNER, self.link_in(course, link))
        assert count(Assignment) == 3

    @pytest.mark.parametrize(("days", "stays"), [(7, True), (-7, False)])
    async def test_dates_stay_while_they_are_to_come(self, browser, assigned, read, days, stays):
        link = await assigned(due_at=(datetime.now(UTC) + timedelta(days=days)).isoformat())
        await browser().launch(LEARNER, self.link_in("12", link))
        (due_at,) = read(select(Assignment.due_at).where(Assignment.id != link.custom[names.ASSIGNMENT]))[0]
        assert (due_at is not None) == stays

    async def test_another_platforms_assignment_is_not_copied(self, browser, app, assigned, count):
        link = await assigned()
        with Platform(tool=TOOL) as other:
            await register(app, other)
            visitor = browser()
            visitor.platform = other
            assert reason_of(await visitor.launch(TEACHER, self.link_in("12", link))) == "foreign-assignment"
        assert count(Assignment) == 1

    async def test_an_assignment_that_is_no_more_leaves_the_link_without(self, browser):
        link = ResourceLink(custom={names.ASSIGNMENT: "01890000-0000-7000-8000-000000000000"})
        assert (await browser().launch(TEACHER, link)).headers["location"].startswith("/en/lti/choose/")
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"
