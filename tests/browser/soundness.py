"""Whether a page is sound: what axe finds in it, and whether it scrolls sideways."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe().axe_script
# Letters of formulas have the colour of their text, and rows of a table are alike: to hold the contrast of each against
# its background was most of what took time.
RUN = """options => axe.run({ exclude: [["math"], ["tbody tr:nth-child(n+9)"]] }, options).then(
  ({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
)"""
# axe takes a table header that is a formula for an empty one: it does not read MathML.
OPTIONS = {"resultTypes": ["violations"], "rules": {"empty-table-header": {"enabled": False}}}


def violations(page: Page) -> list[str]:
    """What axe finds, as the rule and the element."""
    open_all(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(RUN, OPTIONS)


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than the screen."""
    found = violations(page)
    narrow = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, "scrolls sideways"] if narrow else found


def scroll_width(page: Page) -> int:
    open_all(page)
    return page.evaluate("document.documentElement.scrollWidth")


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
