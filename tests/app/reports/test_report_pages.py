"""The pages of score reports, in both languages."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.reports.definitions import DEFINITIONS
from app.reports.topics import TOPICS
from problems.catalogue import catalogue

pytestmark = pytest.mark.anyio

PAGES = ("", "/items/{item}", "/concepts", "/students/{ada}")


def address(taught, language, page):
    path = page.format(item=taught.items[1], ada=taught.people["Ada"])
    return f"/{language}/assignments/{taught.assignment}/report{path}"


class Outline(HTMLParser):
    """Ids, links within the site, and elements that a strict content security policy would stop."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links, self.inline = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given.get("href"))
        if "style" in given or tag == "style" or any(name.startswith("on") for name in given):
            self.inline.append(tag)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
async def test_every_page_is_shown(taught, browser, language, page):
    response = await browser.get(address(taught, language, page))
    assert response.status_code == 200, response.text
    outline = Outline(response.text)
    assert outline.inline == []
    assert len(set(outline.ids)) == len(outline.ids)
    assert "nan" not in re.findall("[a-z]+", re.sub("<[^>]*>", " ", response.text).lower())


@pytest.mark.parametrize("page", PAGES)
async def test_pages_are_for_those_who_teach(taught, client, page):
    response = await client.get(address(taught, "en", page))
    assert response.status_code == 303
    assert response.headers["location"].startswith("/en/sign-in?next=/en/assignments/")


async def test_the_figures_of_the_report(taught, browser):
    text = (await browser.get(address(taught, "en", ""))).text
    assert "Score report: Problem set 3" in text
    assert re.search(r"<dt>Submitted</dt><dd>4 <small>/ 6</small>", text)
    assert "=SUM(1+1)" in text
    assert "You update only with misclassified samples" in text


async def test_the_gradebook_is_filtered_and_sorted_by_links(taught, browser):
    text = (await browser.get(address(taught, "en", ""), params={"section": "A", "sort": "-total"})).text
    names = re.findall(r'/students/[^"]+">([^<]+)</a>', text)
    assert names == ["Ada", "Chi", "Eve"]
    assert 'aria-sort="descending"' in text
    assert "section=A&amp;sort=total#gradebook" in text


async def test_what_a_formula_could_break_is_shown_as_text(taught, browser):
    text = (await browser.get(address(taught, "en", ""), params={"search": "<script>"})).text
    assert 'value="&lt;script&gt;"' in text


async def test_an_item_that_is_not_in_the_assignment_is_not_found(taught, browser):
    response = await browser.get(address(taught, "en", "/items/none"))
    assert response.status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_figure_is_defined_where_its_name_leads(taught, browser, language):
    defined = set(Outline((await browser.get(f"/{language}/statistics")).text).ids)
    for page in PAGES:
        links = Outline((await browser.get(address(taught, language, page))).text).links
        anchors = {link.partition("#")[2] for link in links if link.startswith(f"/{language}/statistics#")}
        assert anchors <= defined
    assert {each.anchor for each in DEFINITIONS} <= defined


def test_every_topic_of_the_catalogue_has_a_name():
    assert {problem.topic for problem in catalogue().values()} <= TOPICS.keys()


def test_the_manual_has_every_definition():
    manual = " ".join((Path(__file__).parents[3] / "docs" / "statistics.md").read_text(encoding="utf-8").split())
    for each in DEFINITIONS:
        assert f"## {each.name.en} {' '.join(each.text.en.split())}" in manual
