"""Every kind of page in both languages: no violation that axe can find, no sideways scrolling on a narrow screen."""

from collections.abc import Callable
from itertools import cycle

import pytest
from playwright.sync_api import Page, expect

from problems.catalogue import catalogue
from problems.text import LANGUAGES
from tests.browser.soundness import scroll_width, violations

NewPage = Callable[..., Page]

EXERCISES = [f"/{language}/problems/{problem}?seed=1" for problem, language in zip(catalogue(), cycle(LANGUAGES))]
OTHERS = [
    f"/{language}{rest}"
    for language in ("en", "zh")
    for rest in ("", "/attempts", "/about", "/nowhere", "/problems/1.6?form=choice", "/problems/2.3?seed=1&form=choice")
]
WRONG = {
    "c4.6": ("0", "1", "2", "3"),
    "1.6": ("0", "1", "0", "1"),
    "2.3": ("1", "2", "3", "4"),
    "2.2": ("3",),
    "1.1": ("A",),
}
UNREADABLE = {"1.6": ("0,5", "1", "", "1"), "2.3": ("1.5", "", "x", "4")}


def answer(page: Page, problem: str, values: tuple[str, ...]) -> None:
    page.goto(f"/en/problems/{problem}?seed=1")
    if page.locator("input[type=text]").count():
        for place, value in enumerate(values):
            page.locator("input[type=text]").nth(place).fill(value)
    else:
        for value in values:
            page.locator(f"input[value='{value}']").check()
    page.locator("form[data-draft] button[type=submit]").first.click()
    page.locator("#summary").wait_for()


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_axe_finds_nothing(new_page: NewPage, language: str, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    exercises = [f"/{language}/problems/{problem}" for problem in ("1.1", "1.6", "1.10", "2.2", "2.3")]
    for path in [*(path for path in OTHERS if path.startswith(f"/{language}")), *exercises]:
        page.goto(path)
        assert (path, violations(page)) == (path, [])


@pytest.mark.parametrize(
    ("problem", "values"),
    [*WRONG.items(), *UNREADABLE.items()],
    ids=[*(f"{name} wrong" for name in WRONG), *(f"{name} unreadable" for name in UNREADABLE)],
)
def test_axe_finds_nothing_in_a_result(new_page: NewPage, problem: str, values: tuple[str, ...]) -> None:
    page = new_page()
    answer(page, problem, values)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert (scheme, violations(page)) == (scheme, [])


def test_no_page_scrolls_sideways_on_a_narrow_screen(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 320, "height": 700})
    for path in [*EXERCISES, *OTHERS]:
        page.goto(path)
        assert (path, scroll_width(page)) == (path, 320)
    for problem, values in WRONG.items():
        answer(page, problem, values)
        assert (problem, scroll_width(page)) == (problem, 320)


def test_wide_boxes_can_be_scrolled_by_keyboard(new_page: NewPage) -> None:
    page = new_page(viewport={"width": 320, "height": 700})
    page.goto("/en/problems/1.6")
    wide = page.locator(".wide").first
    wide.evaluate("box => { box.style.width = '10rem'; }")
    expect(wide).to_have_attribute("tabindex", "0")


def test_on_paper_the_exercise_stands_alone(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6")
    page.emulate_media(media="print")
    assert page.locator(".statement").is_visible()
    assert not page.locator(".aside").is_visible()
    assert not page.locator(".top").is_visible()
