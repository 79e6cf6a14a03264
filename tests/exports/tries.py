"""What students type and choose, made from the keys and the mistakes of a variant: the right, the wrong, the edges."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from problems.answers import Choices, Integer
from problems.problem import Field, Form
from problems.variant import Variant

Cells = dict[str, str]
EDGE = 1 - 1e-9
"""Of the tolerance. Other systems round the keys to some fourteen digits, so their edges are not ours to the last."""


@dataclass(frozen=True)
class Try:
    """`answers` are for `problems.grade`, `cells` the same by names of single numbers; `mistake` is what was done."""

    label: str
    answers: dict[str, Any]
    cells: Cells
    mistake: str = ""


def written(number: float, decimals: int | None = None) -> str:
    """As somebody types it: with so many decimals, or with all digits."""
    if isinstance(number, int):
        return str(number)
    text = f"{number:.17f}".rstrip("0").rstrip(".") if decimals is None else f"{number:.{decimals}f}"
    return "0" if text in {"-0", ""} else text


def cells_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The names that exports give to single numbers: places count from 1."""
    if isinstance(value, list | tuple):
        for place, each in enumerate(value, start=1):
            yield from cells_of(f"{name}_{place}", each)
    else:
        yield name, value


def typed(label: str, answers: dict[str, Any], mistake: str = "") -> Try:
    cells = {cell: text for name, value in answers.items() for cell, text in cells_of(name, value)}
    return Try(label, answers, cells, mistake)


def mapped(value: Any, change: Any) -> Any:
    return [mapped(each, change) for each in value] if isinstance(value, list | tuple) else change(value)


def places(field: Field) -> int:
    return getattr(field.kind, "decimals", 0) or 3


def numbers(variant: Variant[Any]) -> Iterator[Try]:
    """Typed answers to a variant whose fields are numbers."""
    fields = {field.name: field for field in variant.native_fields}
    key = variant.keys("open", "corrected")[0]
    right = {name: mapped(value, written) for name, value in key.items()}
    yield typed("the key", right)
    yield typed("far off", {name: mapped(value, lambda x: written(x + 1000)) for name, value in key.items()})
    for name, field in fields.items():
        value, tolerance = key[name], field.kind.tolerance
        size = len(list(cells_of(name, value)))
        yield typed(f"{name}: one off", right | {name: _moved(value, size - 1, 0.37 if size % 2 else 1)})
        if isinstance(field.kind, Integer):
            continue
        for share, label in ((EDGE, "at the edge"), (-EDGE, "at the other edge"), (1.01, "just beyond")):
            width = tolerance.width(next(cells_of(name, value))[1])
            yield typed(f"{name}: {label}", right | {name: _moved(value, 0, share * width)})
        if size > 1:
            yield typed(f"{name}: one empty", right | {name: _with(mapped(value, written), 0, "")})
    if len(fields) > 1:
        name = next(iter(fields))
        yield typed("only the first", {name: right[name]})
    for mistake, yielded in variant.mistaken.items():
        given = {name: _rounded(value, places(fields[name])) for name, value in yielded.items()}
        yield typed(mistake, right | given, mistake)


def _rounded(value: Any, decimals: int) -> Any:
    return mapped(value, lambda number: written(number, decimals))


def _moved(value: Any, place: int, by: float) -> Any:
    flat = iter(range(10**6))

    def change(number: float) -> str:
        if next(flat) != place:
            return written(number)
        return written(number + (1 if isinstance(number, int) else by))

    return mapped(value, change)


def _with(value: Any, place: int, text: str) -> Any:
    flat = iter(range(10**6))
    return mapped(value, lambda old: text if next(flat) == place else old)


def choices(variant: Variant[Any], form: Form) -> Iterator[dict[str, Any]]:
    """Every option alone, or every set of options, of a variant with one field of options."""
    (field,) = variant.fields(form)
    ids = [option.id for option in field.kind.options]
    if not isinstance(field.kind, Choices):
        yield from ({field.name: id_} for id_ in ids)
        return
    for size in range(1, len(ids) + 1):
        yield from ({field.name: list(chosen)} for chosen in itertools.combinations(ids, size))
