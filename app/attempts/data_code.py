"""The numbers of an exercise as lines of a program, so that nobody has to type a matrix again."""

from collections.abc import Mapping
from typing import Any


def as_code(parameters: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(name of the language, lines) for NumPy and MATLAB; nothing where there is no array of numbers to copy.

    Vectors are columns in MATLAB, as in the book. Several matrices, such as the weights of layers, are a list in Python
    and a cell array in MATLAB.
    """
    values = parameters.values()
    if not any(isinstance(value, list) for value in values) or not all(map(_can_be_written, values)):
        return ()
    numpy = "".join(f"{name} = {_numpy(value)}\n" for name, value in parameters.items())
    matlab = "".join(f"{name} = {_matlab(value)};\n" for name, value in parameters.items())
    return ("NumPy", f"import numpy as np\n\n{numpy}"), ("MATLAB / Octave", matlab)


def _can_be_written(value: Any) -> bool:
    return isinstance(value, str) or _is_number(value) or _is_numeric(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeric(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_number(each) or _is_numeric(each) for each in value)


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_matrix(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_vector, value)) and len(set(map(len, value))) == 1


def _numpy(value: Any) -> str:
    """A matrix row by row, so that it can be compared with the one on the page."""
    if _is_vector(value):
        return f"np.array({value!r})"
    if _is_matrix(value):
        return "np.array([\n" + "".join(f"    {row!r},\n" for row in value) + "])"
    return f"[{', '.join(map(_numpy, value))}]" if isinstance(value, list) else repr(value)


def _matlab(value: Any) -> str:
    if _is_vector(value):
        return f"[{'; '.join(map(repr, value))}]"
    if _is_matrix(value):
        return "[\n" + "".join(f"    {' '.join(map(repr, row))}\n" for row in value) + "]"
    return f"{{{', '.join(map(_matlab, value))}}}" if isinstance(value, list) else repr(value)
