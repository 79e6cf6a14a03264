"""Problems that ask which statements are true, drawn from a bank of statements in the problem's folder.

`statements.toml` holds the printed options, in our own words, and a bank for the variants; every statement has its
truth and a one-line reason in both languages.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict

from problems.answers import AnyKind, Choice, Choices, Option
from problems.draws import Draws
from problems.problem import Answers, Erratum, Field, Problem
from problems.text import Text

ONE_OF = "ABCD"
ALL_OF = "12345"
MINIMUM = 12
"""A bank has at least so many true and so many false statements."""


class Parameters(TypedDict):
    """`statements` are ids, in the order of the options; `asked` says whether the true or the false ones are sought."""

    asked: Literal["true", "false"]
    statements: list[str]


@dataclass(frozen=True, slots=True)
class Statement:
    id: str
    true: bool
    text: Text
    reason: Text
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Bank:
    """`printed` are the book's options, whose ids are the book's; `published` their truth by the published key."""

    select: Literal["one", "all"]
    asked: Literal["true", "false"]
    printed: tuple[Statement, ...]
    published: Mapping[str, bool]
    statements: Mapping[str, Statement]
    erratum: Erratum | None


_QUESTIONS: Mapping[tuple[str, str], Text] = {
    ("one", "true"): Text("Which one of these statements is true?", "下列说法中，哪一项是正确的？"),
    ("one", "false"): Text("Which one of these statements is **not** true?", "下列说法中，哪一项是**不**正确的？"),
    ("all", "true"): Text("Select all statements that are true.", "请选出所有正确的说法。"),
}
_ASKED: tuple[Literal["true"], Literal["false"]] = ("true", "false")
_TRUE, _FALSE = Text("true", "正确"), Text("false", "错误")


def statement_problem(id_: str, *, version: int, topic: str, folder: Path) -> Problem[Parameters]:
    """The problem of a folder with a statement bank. Raises `ValueError` when the bank breaks its rules."""
    bank = read_bank(folder / "statements.toml")
    printed = {statement.id: statement for statement in bank.printed}
    known = {**bank.statements, **printed}

    def shown(parameters: Parameters) -> Iterator[tuple[str, Statement]]:
        ids = (ONE_OF if bank.select == "one" else ALL_OF)[: len(parameters["statements"])]
        return zip(ids, (known[name] for name in parameters["statements"]), strict=True)

    def sought(parameters: Parameters) -> list[str]:
        return [option for option, statement in shown(parameters) if statement.true == (parameters["asked"] == "true")]

    def fields(parameters: Parameters) -> tuple[Field, ...]:
        options = tuple(Option(option, s.text, f"statement:{s.id}", s.reason) for option, s in shown(parameters))
        kind: AnyKind = Choice(options) if bank.select == "one" else Choices(options)
        return (Field(name="answer", kind=kind),)

    def solve(parameters: Parameters) -> Answers:
        return _answer(bank, sought(parameters))

    def values(parameters: Parameters) -> Mapping[str, str | Text]:
        return {
            "question": _QUESTIONS[bank.select, parameters["asked"]],
            "verdicts": _verdicts(list(shown(parameters))),
        }

    return Problem(
        id=id_,
        version=version,
        topic=topic,
        folder=folder,
        printed=Parameters(asked=bank.asked, statements=[statement.id for statement in bank.printed]),
        draw=lambda draws: _draw(bank, draws),
        solve=solve,
        fields=fields,
        values=values,
        withheld=("statements",),  # their ids say what they are about
        native_choice=True,
        published=_answer(bank, [name for name, true in bank.published.items() if true == (bank.asked == "true")]),
        erratum=bank.erratum,
    )


def _answer(bank: Bank, sought: Sequence[str]) -> Answers:
    return {"answer": sought[0] if bank.select == "one" else tuple(sought)}


def _draw(bank: Bank, draws: Draws) -> Parameters:
    """Statements no two of which share a group: one sought among four, or one to four true among five."""
    if bank.select == "one":
        asked: Literal["true", "false"] = draws.choice(_ASKED)
        wanted = [asked == "true"] + 3 * [asked != "true"]
    else:
        asked = "true"
        true = draws.integer(1, len(ALL_OF) - 1)
        wanted = [place < true for place in range(len(ALL_OF))]
    chosen: list[Statement] = []
    for truth in draws.shuffled(wanted):
        taken = frozenset[str]().union(*(statement.groups for statement in chosen))
        pool = [s for s in bank.statements.values() if s.true == truth and s not in chosen and not s.groups & taken]
        chosen.append(draws.choice(pool))
    return Parameters(asked=asked, statements=[statement.id for statement in chosen])


def _verdicts(shown: Sequence[tuple[str, Statement]]) -> Text:
    def listed(language: Literal["en", "zh"]) -> str:
        colon = ": " if language == "en" else "："
        return "\n".join(
            f"- **{option}** {(_TRUE if s.true else _FALSE)[language]}{colon}{s.reason[language]}"
            for option, s in shown
        )

    return Text(listed("en"), listed("zh"))


def read_bank(file: Path) -> Bank:
    """The bank of a `statements.toml`; raises `ValueError` (`KeyError` for a missing entry) on a broken one."""
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    statements = [_statement(entry, truth=entry["true"]) for entry in raw["statement"]]
    printed = [_statement(entry, truth=entry.get("corrected", entry["published"])) for entry in raw["printed"]]
    names = [statement.id for statement in statements + printed]
    if len(set(names)) < len(names):
        raise ValueError(f"{file}: an id occurs twice")
    counts = [sum(statement.true == truth for statement in statements) for truth in (True, False)]
    if min(counts) < MINIMUM:
        raise ValueError(
            f"{file}: {counts[0]} true and {counts[1]} false statements, at least {MINIMUM} of each needed"
        )
    disputed = any("corrected" in entry for entry in raw["printed"])
    if disputed != ("erratum" in raw):
        raise ValueError(f"{file}: corrected verdicts and an [erratum] come together")
    return Bank(
        select=raw["select"],
        asked=raw["asked"],
        printed=tuple(printed),
        published={entry["id"]: entry["published"] for entry in raw["printed"]},
        statements={statement.id: statement for statement in statements},
        erratum=Erratum(raw["erratum"]["status"], _text(raw["erratum"])) if disputed else None,
    )


def _statement(entry: Mapping[str, Any], *, truth: bool) -> Statement:
    return Statement(
        id=entry["id"],
        true=truth,
        text=_text(entry),
        reason=_text(entry["reason"]),
        groups=frozenset(entry.get("groups", ())),
    )


def _text(entry: Mapping[str, str]) -> Text:
    return Text(entry["en"], entry["zh"])
