"""The numbers of an exercise as lines of a program, so that nobody has to type a matrix again."""

from collections.abc import Mapping, Sequence
from typing import Any


def as_code(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(name of the language, lines) for NumPy and MATLAB; nothing where there is no array of numbers to copy."""
    if not all(map(_is_numeric, parameters.values())) or not any(
        isinstance(value, Sequence) for value in parameters.values()
    ):
        return ()
    return ("NumPy", _numpy(parameters)), ("MATLAB / Octave", _matlab(parameters))


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_numeric, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numpy(parameters: Mapping[str, Any]) -> str:
    lines = ["import numpy as np", ""]
    for name, value in parameters.items():
        lines.append(f"{name} = np.array({_nested(value)})" if isinstance(value, Sequence) else f"{name} = {value!r}")
    return "\n".join(lines)


def _nested(value: Any) -> str:
    """A matrix row by row, so that it can be compared with the one on the page."""
    if not isinstance(value, Sequence) or not any(isinstance(row, Sequence) for row in value):
        return repr(value)
    return "[\n" + "".join(f"    {row!r},\n" for row in value) + "]"


def _matlab(parameters: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {_matlab_value(value)};" for name, value in parameters.items())


def _matlab_value(value: Any) -> str:
    """Vectors are columns, as in the book."""
    if not isinstance(value, Sequence):
        return repr(value)
    if not any(isinstance(row, Sequence) for row in value):
        return f"[{'; '.join(map(repr, value))}]"
    return "[\n" + "".join(f"    {' '.join(map(repr, row))}\n" for row in value) + "]"
