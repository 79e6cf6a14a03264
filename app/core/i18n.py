"""The languages of the pages: one Jinja environment each, with its translations read from a `.po` file at start.

Messages are whole sentences, in English in the templates; a sentence put together from pieces comes out wrong in
Chinese. The texts of the exercises are no messages: they lie with the exercises, in both languages.
"""

import io
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape

from app.core import text
from problems.text import LANGUAGES, Language, Text

PACKAGE = Path(__file__).parents[1]
TEMPLATES = PACKAGE / "templates"
CATALOGUES = PACKAGE / "locale"

TAGS: Mapping[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""What the `lang` attribute says (BCP 47); the addresses have the short name."""

DELETED = Text("(deleted)", "（已注销）")
"""Stands in the place of a person's name that was removed: the English one is stored, so that files have it too."""


@cache
def environment(language: Language) -> Environment:
    """Templates that speak this language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    # The extension adds these methods; Jinja's types do not know them.
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    locale = Locale.parse(TAGS[language], sep="-")
    made.filters |= {
        "block": text.block,
        "inline": text.inline,
        "mathml": text.mathml,
        "number": lambda value: number(value, locale),
        "person": lambda name: DELETED[language] if name == DELETED.en else name,
        "moment": pass_context(lambda context, value: moment(value, locale, context.get("time_zone"))),
        "deadline": pass_context(lambda context, value: deadline(value, locale, context.get("time_zone"))),
    }
    made.globals |= {"language": language, "language_tag": TAGS[language], "plural": plural}
    return made


@cache
def translations(language: Language) -> NullTranslations:
    """The messages of a language; English ones stand in the templates themselves."""
    if language == "en":
        return NullTranslations()
    with (CATALOGUES / language / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def plural(value: float) -> int:
    """The whole number by which `ngettext` chooses: half a point takes the plural, as no number but 1 is one."""
    return 1 if value == 1 else 2


def number(value: float, locale: Locale) -> str:
    """At most two decimals, since scores are shares of whole points."""
    return format_decimal(round(value, 2), locale=locale)


def moment(value: datetime, locale: Locale, place: str | None = None) -> str:
    """Date and time in the time zone of a page, which the page names once (`base.html`).

    Pages of a course have the course's zone (of the IANA database). On others the time is told in UTC and says so; a
    script of the page rewrites it in the reader's own zone.
    """
    told = format_datetime(value.astimezone(ZoneInfo(place or "UTC")), _pattern(locale), locale=locale)
    return told if place else f"{told} UTC"


def deadline(value: datetime, locale: Locale, place: str | None = None) -> str:
    """As `moment`, with the offset beside it: of all times, this one must not be taken for another zone's."""
    if place is None:
        return moment(value, locale)
    brackets = "（{}）" if locale.language == "zh" else " ({})"
    return moment(value, locale, place) + brackets.format(_offset(value, place))


def _offset(value: datetime, place: str) -> str:
    """Of the zone at that moment: UTC+8, UTC−3:30, or UTC."""
    minutes = round((value.astimezone(ZoneInfo(place)).utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"


def _pattern(locale: Locale) -> str:
    return "yyyy年M月d日 HH:mm" if locale.language == "zh" else "d MMM yyyy, HH:mm"


def preferred(accept_language: str) -> Language:
    """The language that an `Accept-Language` header (RFC 9110, 12.5.4) prefers; English when it names neither."""
    wishes = [_wish(wish) for wish in accept_language.split(",")[:20]]
    ranked = sorted(wishes, key=lambda wish: -wish[1])
    return next((language for name, quality in ranked if quality > 0 for language in _served(name)), "en")


def _wish(wish: str) -> tuple[str, float]:
    """``zh-CN;q=0.8`` is ("zh", 0.8); a quality that is no number counts as a refusal."""
    name, _, quality = wish.partition(";")
    try:
        weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
    except ValueError:
        weight = 0.0
    return name.strip().lower().partition("-")[0], weight


def _served(name: str) -> Iterable[Language]:
    return (language for language in LANGUAGES if language == name)
