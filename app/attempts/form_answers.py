"""Answers between a form and the grader: the values of a form's inputs as raw answers, and back into the inputs."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import FormData, QueryParams

from problems.answers import AnyKind, Choice, Choices, Matrix, Vector
from problems.problem import Answers, Field
from problems.reading import FormatError
from problems.text import Text

_SEPARATORS = re.compile(r"[\s,;，；、]+")
_KEY_LENGTH = 64


def raw_answers(fields: Iterable[Field], sent: FormData | QueryParams) -> dict[str, Any]:
    """What stands in the inputs of each field, in the shape that `problems.grading.grade` reads."""
    return {field.name: _raw(field.kind, [str(value) for value in sent.getlist(field.name)]) for field in fields}


def _raw(kind: AnyKind, values: list[str]) -> Any:
    if isinstance(kind, Choices):
        return values
    filled = [value for value in values if value.strip()]
    if isinstance(kind, Vector | Matrix):
        # A whole array pasted into one box: without JavaScript nothing has spread it over the others.
        if len(filled) == 1 and sum(map(bool, _SEPARATORS.split(filled[0]))) > 1:
            return filled[0]
        return _rows(values, kind.columns) if isinstance(kind, Matrix) else values
    return values[0] if values else ""


def _rows(values: Sequence[Any], columns: int) -> list[list[Any]]:
    return [list(values[start : start + columns]) for start in range(0, len(values), columns)]


def shown(kind: AnyKind, raw: Any) -> tuple[str, ...]:
    """What is to stand in the field's inputs: a text per box, or the ids of the chosen options.

    What can't be read is shown as it came, so that it can be mended; a box for which nothing came is empty.
    """
    if isinstance(kind, Choice | Choices):
        return _chosen(kind, raw)
    if isinstance(kind, Vector | Matrix) and isinstance(raw, str):
        try:
            raw = kind.parse(raw)
        except FormatError:
            raw = [raw]
    cells = [_as_text(cell) for cell in _flat(raw)]
    boxes = 1
    for side in kind.shape:
        boxes *= side
    return tuple((cells + [""] * boxes)[:boxes])


def _chosen(kind: Choice | Choices, raw: Any) -> tuple[str, ...]:
    try:
        return (kind.parse(raw),) if isinstance(kind, Choice) else kind.parse(raw)
    except FormatError:
        return ()


def _flat(raw: Any) -> list[Any]:
    if isinstance(raw, list | tuple):
        return [cell for each in raw for cell in _flat(each)]
    return [raw]


def _as_text(cell: Any) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


@dataclass(frozen=True, slots=True)
class Reading:
    """How an answer would be read: as this LaTeX, or not at all for this reason; neither while it is unfinished."""

    latex: str = ""
    error: Text | None = None


def read_back(field: Field, sent: QueryParams) -> Reading:
    """What stands in the field so far. While boxes are empty, the answer is unfinished rather than unreadable."""
    kind: Any = field.kind
    try:
        return Reading(latex=kind.latex(kind.parse(_raw(field.kind, sent.getlist(field.name)))))
    except FormatError as fault:
        unfinished = "" in sent.getlist(field.name)
        return Reading() if unfinished else Reading(error=fault.text)


def box_of(kind: AnyKind, path: Sequence[int]) -> int | None:
    """The box at which a `FormatError` points, counted row by row; None when it means the answer as a whole."""
    if not path or isinstance(kind, Choice | Choices):
        return None
    return path[0] * kind.columns + path[1] if isinstance(kind, Matrix) and len(path) > 1 else path[0]


def idempotency_key(form_key: str, answers: Answers) -> str:
    """One key per form and content: a double click stores one attempt, a mended answer from the same page another."""
    content = orjson.dumps([form_key[:_KEY_LENGTH], dict(answers)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()
