"""An instructor's term on the pages: from the first link to a course, answers, a wrong key, a regrade, a spreadsheet.

The first student answers on a phone, in Chinese; the others answer the same pages' service through its API.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import sign_in_links, tokens
from app.accounts.models import Person
from app.cli_admin import first_link
from app.core.clock import utc_now
from app.core.database import Database
from tests.browser.soundness import faults

NewPage = Callable[..., Page]

STUDENTS = 30
CLASS_LIST = "email,name,student_number,section\n" + "".join(
    f"s{n:02}@example.edu,Student {n:02},2026{n:02},{'A' if n <= 15 else 'B'}\n" for n in range(1, STUDENTS + 1)
)
ITEMS = (("1.4", "open", 2), ("1.6", "open", 4), ("2.3", "open", 4), ("2.4", "open", 4), ("2.6", "choice", 2))
RIGHT = (
    {"count": 128},
    {"w": ["-0.527", "1.220", "-1.047", "-0.445"]},
    {"N": 10, "H": 5, "W": 5, "C": 3},
    {"difference": 6252490},
    {"answer": ["3", "5"]},
)
WRONG = (
    {"count": 130},
    {"w": ["0", "0", "0", "0"]},
    {"N": 10, "H": 6, "W": 6, "C": 3},
    {"difference": 1},
    {"answer": ["1", "2", "4"]},
)


@pytest.fixture(scope="module")
def setup_link(served_database: str) -> str:
    database = Database(served_database)
    with database.write_engine.begin() as connection, Session(connection) as session:
        secret = first_link(session, utc_now())
        session.commit()
    database.dispose()
    assert secret is not None
    return sign_in_links.path_of(secret)


def student_tokens(served_database: str) -> list[str]:
    """A token of each student, in the order of their addresses."""
    database = Database(served_database)
    with database.write_lock(), database.write_engine.begin() as connection, Session(connection) as session:
        people = session.scalars(select(Person.id).where(Person.email.like("s%@example.edu")).order_by(Person.email))
        made = [
            tokens.create(session, person, "test", ("read", "attempt"), utc_now(), timedelta(days=1))[1]
            for person in people.all()
        ]
        session.commit()
    database.dispose()
    return made


def sound(page: Page) -> None:
    """Nothing that axe finds, and no sideways scrolling."""
    assert faults(page) == [], page.url


def local(hours: int) -> str:
    """A moment from now, as an input of the course's time zone takes it (Shanghai, eight hours before UTC)."""
    return (utc_now() + timedelta(hours=hours + 8)).strftime("%Y-%m-%dT%H:%M:%S")


def make_course(page: Page, setup_link: str) -> None:
    page.goto(setup_link)
    page.get_by_label("Your name").fill("Wang Li")
    page.get_by_label("E-mail address").fill("wang@example.edu")
    page.get_by_label("New password").fill("seven quiet herons")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Courses").click()
    page.get_by_label("Title").fill("Neural computation")
    page.get_by_role("button", name="Make a course").click()
    page.get_by_role("heading", name="Neural computation").wait_for()


def enrol(page: Page) -> list[str]:
    """The addresses of the links by which the students sign in."""
    page.get_by_role("link", name="Class list").click()
    page.get_by_role("link", name="Enrol a class list").click()
    page.get_by_label("Paste the list").fill(CLASS_LIST.replace("s03@", "s03 at "))
    page.get_by_role("button", name="Look what it changes").click()
    page.get_by_text("Nothing was changed. Mend these lines below and look again.").wait_for()
    page.get_by_label("Paste the list").fill(CLASS_LIST)
    page.get_by_role("button", name="Look what it changes").click()
    assert page.get_by_text("is enrolled").count() == STUDENTS
    page.get_by_role("button", name="Apply the whole list").click()
    page.get_by_text("s30@example.edu").wait_for()
    page.get_by_role("button", name="Make sign-in links").click()
    lines = page.locator("pre").inner_text().strip().splitlines()
    assert len(lines) == STUDENTS
    return [line.split()[-1] for line in lines]


def assign(page: Page) -> None:
    page.get_by_role("link", name="Neural computation").click()
    page.get_by_label("Title of a new assignment").fill("Homework 1")
    page.get_by_role("button", name="Make an assignment").click()
    for place, (problem, form, points) in enumerate(ITEMS):
        adding = page.locator("details", has=page.get_by_text("Add an exercise", exact=True))
        if place:
            adding.locator("summary").click()
        adding.locator("select[name=problem]").select_option(problem)
        adding.locator("select[name=form]").select_option(form)
        adding.locator("input[name=points]").fill(str(points))
        adding.locator("select[name=seed_mode]").select_option("fixed")
        adding.locator("input[name=seed]").fill("0")
        adding.get_by_role("button", name="Add the exercise").click()
        page.get_by_text(f"{place + 1}. {problem}").wait_for()
    settings = page.get_by_role("region", name="Settings")
    settings.locator("input[name=due_at]").fill(local(-1))
    settings.locator("input[name=closes_at]").fill(local(48))
    settings.locator("input[name=late_per_day]").fill("10")
    settings.locator("input[name=attempts_allowed]").fill("3")
    settings.locator("select[name=key_policy]").select_option("published")
    settings.get_by_role("button", name="Save the settings").click()
    page.get_by_text("Give an extension").click()
    extension = page.get_by_role("region", name="Extensions")
    extension.locator("select[name=whose]").select_option(label="Section B")
    extension.locator("input[name=due_at]").fill(local(24))
    extension.get_by_role("button", name="Give the extension").click()
    page.get_by_role("cell", name="Take back").wait_for()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Take back from the students").wait_for()


def answer_on_a_phone(page: Page, link: str) -> None:
    """The first student: a wrong answer to the first exercise, then the right one."""
    page.goto(link.replace("/en/", "/zh/"))
    sound(page)
    page.locator("input[type=password]").fill("nine patient cranes")
    page.locator("main button").first.click()
    page.get_by_role("link", name="课程").click()
    page.get_by_role("link", name="Neural computation").click()
    page.get_by_role("link", name="Homework 1").click()
    sound(page)
    page.get_by_role("link", name="1. ").first.click()
    for count in ("130", "128"):
        page.locator("input[name='count']").fill(count)
        page.get_by_role("button", name="提交").first.click()
        page.locator("#summary").wait_for()
        sound(page)


def answer_by_api(page: Page, every: Sequence[str], items: Sequence[str], assignment: str) -> None:
    """The better half believes the corrected key of the last exercise, the other half the published one."""
    for number, token in enumerate(every):
        given = RIGHT if number % 2 else WRONG
        for item, answers in list(zip(items, given, strict=True))[0 if number else 1 :]:
            sent = page.request.post(
                "/api/v1/attempts",
                headers={"Authorization": f"Bearer {token}"},
                data={"assignment": assignment, "item": item, "answers": answers},
            )
            assert sent.status == 201, sent.text()


def regrade(page: Page) -> None:
    """From the report to the item that stands out, its key, and the proof that it can be undone."""
    page.get_by_role("link", name="5. 2.6").first.click()
    page.get_by_text("whether its key is right").wait_for()
    for _ in range(2):
        sound(page)
        page.get_by_role("link", name="Change how it is marked").click()
        page.locator("select[name=key_policy]").select_option("corrected")
        page.get_by_role("button", name="Show what would change").click()
        page.get_by_role("heading", name="The points of 30 students would change").wait_for()
        sound(page)
        page.get_by_label("Why").fill("The published key is wrong.")
        page.get_by_role("button", name="Apply exactly this").click()
        page.get_by_role("cell", name="The published key is wrong.").first.wait_for()
        sound(page)
        if page.get_by_text("undone").count():
            return
        page.get_by_label("Why").fill("to see that it can be")
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("undone").wait_for()
        page.get_by_role("link", name="Score report").click()
        page.get_by_role("link", name="5. 2.6").first.click()
    pytest.fail("The regrade was never undone.")


def download(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("link", name=name).click()
    file = folder / started.value.suggested_filename
    started.value.save_as(file)
    return file


def test_from_an_empty_database_to_a_spreadsheet(
    new_page: NewPage, setup_link: str, served_database: str, tmp_path: Path
) -> None:
    page = new_page(viewport={"width": 1280, "height": 900})
    make_course(page, setup_link)
    sound(page)
    links = enrol(page)
    assign(page)
    sound(page)
    assignment = page.url.split("/assignments/")[1].split("/")[0]
    phone = new_page(viewport={"width": 375, "height": 740}, color_scheme="dark", has_touch=True)
    answer_on_a_phone(phone, links[0])
    items = page.request.get(f"/api/v1/assignments/{assignment}/items").json()["items"]
    answer_by_api(page, student_tokens(served_database), [each["id"] for each in items], assignment)

    page.goto("/en/courses")
    page.get_by_role("link", name="Neural computation").click()
    page.get_by_role("link", name="Score report").click()
    page.get_by_text("30 students enrolled").wait_for()
    assert page.locator("dl.stats dd").first.inner_text() == "30 / 30"
    sound(page)
    regrade(page)
    page.get_by_role("link", name="Score report").click()

    with download(page, "Download CSV", tmp_path).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    by_name = {line["student"]: line for line in lines}
    assert len(by_name) == STUDENTS
    # In time, thanks to the section's extension, and all right by the corrected key; then one day late.
    assert (by_name["Student 30"]["total"], by_name["Student 30"]["late"]) == ("16", "no")
    assert (by_name["Student 02"]["total"], by_name["Student 02"]["late"]) == ("14.4", "yes")
    sheets = openpyxl.load_workbook(download(page, "Download for a spreadsheet (XLSX)", tmp_path))
    rows = list(sheets["Scores"].iter_rows(values_only=True))
    assert (len(rows), rows[0][:2]) == (STUDENTS + 1, ("student", "number"))
    page.get_by_role("link", name="Student 30").click()
    sound(page)
