"""The languages of the pages: messages are complete, plurals and numbers right, browsers get what they prefer."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from app.core.i18n import CATALOGUES, environment, preferred, translations
from problems.text import LANGUAGES, Language

ROOT = Path(__file__).parents[2]


@cache
def in_templates() -> Catalog:
    """What `pybabel extract -F babel.cfg .` finds."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for _, _, message, comments, context in extract_from_dir(ROOT, methods, options):
        found.add(message, auto_comments=comments, context=context)
    return found


@pytest.fixture(params=[language for language in LANGUAGES if language != "en"])
def translated(request: pytest.FixtureRequest) -> Catalog:
    with (CATALOGUES / request.param / "messages.po").open("rb") as file:
        return read_po(file, locale=request.param)


def ids(catalogue: Catalog) -> set[object]:
    return {message.id for message in catalogue if message.id}


def test_the_templates_have_messages() -> None:
    assert "Check my answer" in ids(in_templates())


def test_every_message_is_translated(translated: Catalog) -> None:
    missing = {message.id for message in translated if message.id and (message.fuzzy or not message.string)}
    assert (ids(in_templates()) - ids(translated)) | missing == set()


def test_no_translation_is_left_over(translated: Catalog) -> None:
    assert ids(translated) - ids(in_templates()) == set()
    assert not translated.obsolete


def test_translations_keep_the_placeholders(translated: Catalog) -> None:
    assert [(message.id, list(errors)) for message, errors in translated.check()] == []


def test_plurals() -> None:
    template = "{{ ngettext('%(points)s point', '%(points)s points', plural(value), points=value|number) }}"

    def shown(language: str, value: float) -> str:
        return environment(language).from_string(template).render(value=value)

    assert [shown("en", value) for value in (0, 0.5, 1, 2)] == ["0 points", "0.5 points", "1 point", "2 points"]
    assert shown("zh", 0.333333) == "0.33 分"


@pytest.mark.parametrize(
    ("language", "zone", "told", "limit"),
    [
        ("en", None, "2 Nov 2026, 09:05 UTC", "2 Nov 2026, 09:05 UTC"),
        ("zh", None, "2026年11月2日 09:05 UTC", "2026年11月2日 09:05 UTC"),
        ("en", "UTC", "2 Nov 2026, 09:05", "2 Nov 2026, 09:05 (UTC)"),
        ("en", "America/St_Johns", "2 Nov 2026, 05:35", "2 Nov 2026, 05:35 (UTC−3:30)"),
        ("zh", "Asia/Shanghai", "2026年11月2日 17:05", "2026年11月2日 17:05（UTC+8）"),
    ],
)
def test_times_are_told_in_the_zone_of_the_page(language: Language, zone: str | None, told: str, limit: str) -> None:
    """A page of a course names its zone once, and beside deadlines the offset; elsewhere times are in UTC."""
    template = environment(language).from_string("{{ at|moment }} / {{ at|deadline }}")
    at = datetime(2026, 11, 2, 9, 5, tzinfo=UTC)
    assert template.render(at=at, time_zone=zone) == f"{told} / {limit}"


def test_english_needs_no_catalogue() -> None:
    assert translations("en").gettext("Exercises") == "Exercises"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("en;q=0.3, zh-Hans;q=0.4", "zh"),
        ("fr, zh;q=0, de", "en"),
        ("fr-CH, fr;q=0.9", "en"),
        ("zh;q=much", "en"),
        ("*", "en"),
        ("zh;" * 10_000, "en"),
    ],
)
def test_the_preferred_language(header: str, language: str) -> None:
    assert preferred(header) == language
