"""The worked solution in a browser: figures in both themes, tables in boxes of their own, hints, another try."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from problems.text import LANGUAGES
from tests.browser.soundness import violations

NewPage = Callable[..., Page]

SHOWN = ("1.6", "1.9", "1.10", "2.2", "2.4", "c1.7", "c3.1", "c4.1", "c4.5")


def load_figures(page: Page) -> list[str]:
    """The addresses of the drawings that the browser shows, every one of them there."""
    addresses = []
    for figure in page.locator("figure img").all():
        figure.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=figure.element_handle())
        addresses.append(figure.evaluate("image => image.currentSrc"))
    return addresses


def test_from_an_exercise_to_its_solution_and_on_to_another_variant(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6?seed=3")
    page.get_by_role("link", name="Show the worked solution").click()
    expect(page.get_by_role("heading", name="The way there")).to_be_visible()
    expect(page.locator(".keys math").first).to_be_visible()
    page.get_by_role("link", name="Try a new variant").click()
    page.wait_for_url("**/en/problems/1.6?seed=*")
    assert "seed=3&" not in page.url


def test_after_an_attempt_the_solution_is_one_link_away(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.4")
    page.get_by_role("textbox", name="Your answer").fill("1")
    page.get_by_role("button", name="Check my answer").click()
    page.wait_for_url("**/attempts/*")
    page.get_by_role("link", name="Show the worked solution").click()
    expect(page.locator(".keys")).to_contain_text("128")


def test_drawings_follow_the_theme(new_page: NewPage) -> None:
    light = new_page(color_scheme="light")
    light.goto("/en/problems/1.6/solution")
    dark = new_page(color_scheme="dark")
    dark.goto("/en/problems/1.6/solution")
    assert [".light." in address for address in load_figures(light)] == [True] * 3
    assert [".dark." in address for address in load_figures(dark)] == [True] * 3


def test_all_rows_of_a_table_on_demand_and_as_a_file(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6/solution")
    assert page.locator("section:has(#tables-heading) tbody tr:visible").count() == 2 * 6
    page.get_by_text("Show all 26 rows").first.click()
    assert page.locator("details[open] tbody tr").count() == 26
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the table as CSV").first.click()
    assert download.value.suggested_filename == "haitang-1.6-0-iterates.csv"


def test_hints_open_one_by_one(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/2.3")
    page.get_by_text("Show hint 1").click()
    expect(page.locator("details[open]")).to_have_count(1)
    page.get_by_text("Show hint 2").click()
    expect(page.locator("details[open]")).to_have_count(2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_solution_fits_a_narrow_screen(new_page: NewPage, language: str) -> None:
    page = new_page(viewport={"width": 320, "height": 700})
    for problem in SHOWN:
        page.goto(f"/{language}/problems/{problem}/solution?seed=1")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        load_figures(page)
        assert (problem, page.evaluate("document.documentElement.scrollWidth")) == (problem, 320)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_solution(new_page: NewPage, scheme: str) -> None:
    page = new_page(color_scheme=scheme)
    for language, problem in (("en", "1.9"), ("zh", "1.6"), ("en", "2.2"), ("zh", "c4.1")):
        page.goto(f"/{language}/problems/{problem}/solution?seed=1")
        assert violations(page) == []


def test_a_solution_needs_no_script(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/zh/problems/1.6/solution")
    page.get_by_text("显示全部 26 行").first.click()
    assert page.locator("details[open] tbody tr").count() == 26
