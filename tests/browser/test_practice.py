"""Practising as a student does it: with keyboard, mouse and clipboard, with scripts and without."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

NewPage = Callable[..., Page]

KEY_16 = ("-0.527", "1.220", "-1.047", "-0.445")  # the published key of the printed exercise 1.6

with_and_without_scripts = pytest.mark.parametrize(
    "scripts", [pytest.param(True, id="scripts"), pytest.param(False, id="no scripts")]
)


def box(page: Page, place: int) -> Locator:
    return page.get_by_label(f"Component {place} of w")


def paste(page: Page, target: Locator, text: str) -> None:
    target.focus()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text", text);
            const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )


@with_and_without_scripts
def test_a_right_answer(new_page: NewPage, scripts) -> None:
    page = new_page(java_script_enabled=scripts)
    page.goto("/en")
    page.get_by_role("link", name="Gradient descent on the squared hinge").click()
    for place, value in enumerate(KEY_16, start=1):
        box(page, place).fill(value)
    page.get_by_role("button", name="Check my answer").click()
    page.wait_for_url("**/en/attempts/*")
    expect(page.get_by_role("heading", name="Right: 1 of 1 point")).to_be_visible()
    if scripts:
        assert page.evaluate("document.activeElement.id") == "summary"
    page.get_by_role("link", name="My attempts").click()
    expect(page.get_by_role("main")).to_contain_text("your answer: (-0.527, 1.22, -1.047, -0.445)")


@with_and_without_scripts
def test_an_unreadable_answer_is_mended(new_page: NewPage, scripts) -> None:
    page = new_page(java_script_enabled=scripts)
    page.goto("/en/problems/1.6")
    for place, value in enumerate(("-0,527", *KEY_16[1:]), start=1):
        box(page, place).fill(value)
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_role("heading", name="Your answer has not been checked yet")).to_be_visible()
    expect(box(page, 1)).to_have_value("-0,527")
    expect(box(page, 1)).to_have_accessible_description(re.compile("1.5 instead of 1,5"))
    expect(box(page, 4)).to_have_value(KEY_16[3])
    box(page, 1).fill(KEY_16[0])
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_role("heading", name="Right: 1 of 1 point")).to_be_visible()


def test_a_choice_by_keyboard_alone(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/zh/problems/1.1")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")  # from A to B
    page.keyboard.press("Enter")
    page.wait_for_url("**/zh/attempts/*")
    expect(page.get_by_role("heading", name="正确：1 分得 1 分")).to_be_visible()


def test_arrow_keys_move_inside_the_grid(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6")
    box(page, 1).focus()
    page.keyboard.type("0.5")
    page.keyboard.press("ArrowDown")
    expect(box(page, 2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box(page, 1)).to_be_focused()


@pytest.mark.parametrize(
    "copied",
    [
        "[-0.527, 1.220, -1.047, -0.445]",
        "array([-0.527,  1.220, -1.047, -0.445])",
        "[-0.527; 1.220; -1.047; -0.445]",
        "-0.527\t1.220\t-1.047\t-0.445",
        "-0.527\n1.220\n-1.047\n-0.445\n",
        "（-0.527，1.220，-1.047，-0.445）",
    ],
)
def test_a_pasted_vector_fills_the_grid_and_is_read_back(new_page: NewPage, copied: str) -> None:
    page = new_page()
    page.goto("/en/problems/1.6")
    paste(page, box(page, 1), copied)
    for place, value in enumerate(KEY_16, start=1):
        expect(box(page, place)).to_have_value(value)
    expect(page.locator("output math")).to_be_visible()


def test_what_is_typed_survives_a_reload_until_it_is_checked(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6?seed=7")
    box(page, 2).fill("0.25")
    expect(page.get_by_text("Draft kept in this browser")).to_be_visible()
    page.reload()
    expect(box(page, 2)).to_have_value("0.25")
    for place in (1, 3, 4):
        box(page, place).fill("1")
    page.get_by_role("button", name="Check my answer").click()
    page.wait_for_url("**/attempts/*")
    page.goto("/en/problems/1.6?seed=7")
    expect(box(page, 2)).to_have_value("")


def test_looking_at_an_old_attempt_keeps_the_draft_of_a_new_one(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.4")
    page.get_by_role("textbox", name="Your answer").fill("1")
    page.get_by_role("button", name="Check my answer").click()
    page.wait_for_url("**/attempts/*")
    attempt = page.url
    page.goto("/en/problems/1.4")
    page.get_by_role("textbox", name="Your answer").fill("12")
    expect(page.get_by_text("Draft kept in this browser")).to_be_visible()
    page.goto(attempt)
    page.goto("/en/problems/1.4")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("12")


def test_going_back_and_checking_another_answer(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.1")
    page.get_by_role("radio").nth(0).check()
    page.get_by_role("button", name="Check my answer").click()
    page.wait_for_url("**/attempts/*")
    page.go_back()
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Check my answer").click()
    expect(page.get_by_role("heading", name="Right: 1 of 1 point")).to_be_visible()


def test_another_variant_and_back_to_the_printed_exercise(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6")
    printed = page.locator(".statement").inner_text()
    page.get_by_role("link", name="Another variant").click()
    page.wait_for_url(re.compile(r"seed=\d+&form=open"))
    assert page.locator(".statement").inner_text() != printed
    page.get_by_role("link", name="Choose from the options").click()
    expect(page.get_by_role("radio")).to_have_count(4)
    page.get_by_role("link", name="The printed exercise").click()
    expect(page.locator(".lede")).to_contain_text("as printed in the book")


def test_the_language_follows_the_browser_and_the_switch_keeps_the_page(new_page: NewPage) -> None:
    page = new_page(locale="zh-CN")
    page.goto("/")
    assert page.url.endswith("/zh")
    page.goto("/zh/problems/1.6?seed=3")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/problems/1.6?seed=3")


def test_formulas_reach_a_screen_reader_as_mathematics(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/en/problems/1.6")
    assert page.locator("math").count() > 5
    assert "math" in page.locator(".statement").aria_snapshot()
    assert page.evaluate("document.fonts.check('16px \"Book Math\"', '∑')")
