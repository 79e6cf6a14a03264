"""How a pasted run is laid out: which way the table stands, a column of step numbers, the start, every step or not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from problems.reading import FormatError
from problems.text import Text
from problems.trace_reading import Pasted
from problems.tracing import Array, History


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of d numbers, and how they were found."""

    pasted: Pasted
    transposed: bool = False
    numbered: bool = False


def tables(pasted: Pasted, size: int) -> list[Table]:
    """The ways to read what was pasted as rows of `size` numbers, the likeliest first; raises `FormatError`."""
    found = [
        Table(each, transposed, numbered)
        for transposed, standing in ((False, pasted), (True, pasted.transposed))
        for numbered, each in _columns(standing, size)
    ]
    if not found:
        width = pasted.values.shape[1]
        raise FormatError(
            Text(
                f"Each step has {size} numbers, or {size + 1} with its number in front; your rows have {width}.",
                f"每一步有 {size} 个数（前面加上步数则为 {size + 1} 个），而这里每行有 {width} 个。",
            )
        )
    return found


def _columns(standing: Pasted, size: int) -> Iterator[tuple[bool, Pasted]]:
    width = standing.values.shape[1]
    if width == size:
        yield False, standing
    elif width == size + 1 and _counts(standing.values[:, 0]):
        yield True, standing.without_first_column()


def _counts(column: Array) -> bool:
    return bool(column[0] in {0, 1} and (np.diff(column) == 1).all())


def is_start(table: Table, start: Array) -> bool:
    """Whether the first row is W⁽⁰⁾."""
    first = np.abs(table.pasted.values[0] - start)
    return bool((first <= 1.000001 * table.pasted.units[0]).all())


def history_of(table: Table, start: Array, *, with_start: bool, grid: float | None) -> History:
    """The rows after the exact start, which replaces the first row when that shows it."""
    values = table.pasted.values[with_start:]
    units = table.pasted.units[with_start:]
    if grid is not None:
        values, units = _on_grid(values, units, grid)
    return History(np.concatenate([start[None], values]), np.concatenate([np.zeros((1, len(start))), units]))


def own_history(table: Table, grid: float | None) -> History:
    """The rows as they are, with their own start."""
    values, units = table.pasted.values, table.pasted.units
    return History(*(_on_grid(values, units, grid) if grid is not None else (values, units)))


def _on_grid(values: Array, units: Array, grid: float) -> tuple[Array, Array]:
    """What shows a multiple of the grid is that multiple, exactly."""
    with np.errstate(over="ignore"):  # a run may explode
        near = np.rint(values / grid) * grid
        exact = np.abs(near - values) <= 0.51 * np.minimum(units, grid)
    return np.where(exact, near, values), np.where(exact, 0.0, units)


def refuse_coarse(table: Table, grid: float) -> None:
    """Raises `FormatError` when the digits don't tell one multiple of the grid from the next."""
    if (table.pasted.units > 1.000001 * grid).any():
        raise FormatError(
            Text(
                f"These digits are too few to tell the steps apart: all weights are multiples of {grid:g}.",
                f"位数太少，无法区分各步：所有权重都是 {grid:g} 的整数倍。",
            )
        )
