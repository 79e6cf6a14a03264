"""Texts in both languages, and the Markdown files that hold them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Text:
    """One text in English and Chinese: Markdown, with LaTeX between dollar signs."""

    en: str
    zh: str

    def __getitem__(self, language: Language) -> str:
        return self.en if language == "en" else self.zh

    def format(self, **values: object) -> "Text":
        """Both sentences with ``{name}`` replaced, as by `str.format`."""
        return Text(self.en.format(**values), self.zh.format(**values))

    def as_dict(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}


@dataclass(frozen=True, slots=True)
class Page:
    """What `en.md` and `zh.md` of a problem's folder say, as templates over its parameters.

    `hint_costs`: the share of the points that each hint costs where hints are not free.
    """

    title: Text
    statement: Text
    solution: Text
    hints: tuple[Text, ...] = field(default=())
    hint_costs: tuple[float, ...] = field(default=())


_HEADING = re.compile(r"^(#{1,2}) +(.+?) *$", re.MULTILINE)
_HINT = re.compile(r"Hint(?: \((0(?:\.\d+)?|1)\))?")
_SLOT = re.compile(r"\{\{ *(\w+) *\}\}")


def read_page(folder: Path) -> Page:
    """The page of a problem folder.

    A file starts with ``# Title``; the statement follows, then any number of ``## Hint`` and one ``## Solution``. A
    hint that is not free says which share of the points it costs: ``## Hint (0.1)``. Raises `ValueError` naming the
    file when a heading is missing or unknown, or when the languages differ in the number or the costs of the hints.
    """
    english, chinese = (_sections(folder / f"{language}.md") for language in LANGUAGES)
    if len(english.hints) != len(chinese.hints):
        raise ValueError(f"{folder}: en.md and zh.md have different numbers of hints")
    if english.hint_costs != chinese.hint_costs:
        raise ValueError(f"{folder}: en.md and zh.md have different costs of hints")
    return Page(
        title=Text(english.title, chinese.title),
        statement=Text(english.statement, chinese.statement),
        solution=Text(english.solution, chinese.solution),
        hints=tuple(Text(en, zh) for en, zh in zip(english.hints, chinese.hints, strict=True)),
        hint_costs=english.hint_costs,
    )


@dataclass(frozen=True, slots=True)
class _Sections:
    title: str
    statement: str
    solution: str
    hints: tuple[str, ...]
    hint_costs: tuple[float, ...]


def _sections(file: Path) -> _Sections:
    head, *rest = _HEADING.split(file.read_text(encoding="utf-8"))
    parts = [(rest[i], rest[i + 1], rest[i + 2].strip()) for i in range(0, len(rest), 3)]
    if head.strip() or not parts or parts[0][0] != "#":
        raise ValueError(f"{file}: does not start with '# Title'")
    named = [(name, body) for mark, name, body in parts[1:] if mark == "##"]
    if len(named) != len(parts) - 1 or not all(name == "Solution" or _HINT.fullmatch(name) for name, _ in named):
        raise ValueError(f"{file}: after the title only '## Hint' and '## Solution' are headings")
    solutions = [body for name, body in named if name == "Solution"]
    if len(solutions) != 1 or not all(body for _, body in named) or not parts[0][2]:
        raise ValueError(f"{file}: needs a statement and exactly one '## Solution', none of them empty")
    hints = [(match[1], body) for name, body in named if (match := _HINT.fullmatch(name))]
    costs = tuple(float(cost or 0) for cost, _ in hints)
    return _Sections(parts[0][1], parts[0][2], solutions[0], tuple(body for _, body in hints), costs)


def slots(text: Text) -> set[str]:
    """Names of the ``{{ slots }}`` in either language."""
    return set(_SLOT.findall(text.en)) | set(_SLOT.findall(text.zh))


def fill(text: Text, values: Mapping[str, str | Text]) -> Text:
    """The text with every ``{{ slot }}`` replaced; raises `KeyError` on a slot without a value."""

    def filled(language: Language) -> str:
        def value(match: re.Match[str]) -> str:
            found = values[match[1]]
            return found[language] if isinstance(found, Text) else found

        return _SLOT.sub(value, text[language])

    return Text(filled("en"), filled("zh"))
