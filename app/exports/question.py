"""A question as every format of export tells it: plain data, between the variants of `problems` and the writers.

    Question ── parts ──┬── Numbers ── cells, traps      numbers that are typed
                        └── Choosing ── options, keys    options that are chosen

A trap is a wrong answer that a known mistake leads to, with what the student is told then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from problems.answers import Scoring
from problems.exhibits import Figure
from problems.problem import Form
from problems.text import Text
from problems.variant import Variant


class Interval(NamedTuple):
    """Numbers from `low` to `high`, both included."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def meets(self, other: "Interval") -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class Cell:
    """One number. `name` is that of the field with the place in it: ``w_1``, ``C_2_1``.

    `shown` is the right number with as many decimals as the exercise asks for; `accepted` is what counts as right.
    """

    name: str
    key: float
    shown: str
    accepted: tuple[Interval, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Trap:
    """What a known mistake makes of a field: the numbers of cells by name, and the share of the points it earns.

    `elsewhere` are cells of other fields in which the mistake must show too, before it is held to have been made.
    """

    id: str
    text: Text
    family: str
    credit: float
    cells: Mapping[str, Interval]
    elsewhere: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A field of numbers in `rows` and `columns`; with `per_cell` each earns its share, else all must be right."""

    name: str
    label: str
    points: float
    rows: int
    columns: int
    cells: tuple[Cell, ...]
    per_cell: bool
    traps: tuple[Trap, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option. `told` is said to whoever chooses it: the mistake behind it, or why it is true or false."""

    id: str
    text: Text
    told: Text | None


@dataclass(frozen=True, slots=True)
class Choosing:
    """Options of which one (`single`) or several are chosen. Each of the `keys` counts as right, the first is ours."""

    name: str
    points: float
    options: tuple[Choice, ...]
    keys: tuple[frozenset[str], ...]
    single: bool
    scoring: Scoring


Part: TypeAlias = Numbers | Choosing


@dataclass(frozen=True)
class Question:
    """One variant in one form. `why` says why a key is disputed, where two count.

    `copy` counts those of one export that are the same variant in the same form: an assignment may ask it twice.
    """

    variant: Variant[Any]
    form: Form
    parts: tuple[Part, ...]
    figures: tuple[Figure, ...]
    why: Text | None
    copy: int = 1

    @property
    def id(self) -> str:
        """Stable: the same question has it in every export, another never. Letters, digits, dots and hyphens."""
        problem = self.variant.problem
        again = f"-{self.copy}" if self.copy > 1 else ""
        return f"haitang-{problem.id}-v{problem.version}-s{self.variant.seed}-{self.form}{again}"

    @property
    def points(self) -> float:
        return sum(part.points for part in self.parts)

    @property
    def follows(self) -> bool:
        """Whether a later field earns its points when it follows from a wrong earlier one, which no format can do."""
        return any(field.follows for field in self.variant.fields(self.form))
