"""What a problem is: plain frozen data and pure functions.

A problem's parameters `P` are a `TypedDict` of JSON values under the names that the HTTP contract gives them (`X`,
`y`, `w0`, `step_size`, …). They are what is stored with the attempt and, but for what is `withheld`, what the student
sees as `data`; the key is computed from them, never stored in them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from problems.answers import AnyKind
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.families import BY_MISTAKE, FAMILIES
from problems.text import Page, Text, read_page
from problems.tracing import Tracing

P = TypeVar("P", bound=Mapping[str, Any])
Answers = Mapping[str, Any]
Form = Literal["open", "choice"]
KeyPolicy = Literal["either", "published", "corrected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input: its name in the API, its kind, and what stands in front of it (LaTeX, such as ``W^{(25)} =``).

    `follows` names earlier fields that this one builds on: a wrong earlier answer that is used correctly here earns the
    points (`Problem.follow`).
    """

    name: str
    kind: AnyKind
    label: str = ""
    points: float = 1.0
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake(Generic[P]):
    """A known wrong route through the exercise: the solver run that takes it, and what to tell the student.

    `answers` computes what the mistake yields for the fields it touches. A `core` mistake must never yield the key:
    a draw on which it does is redrawn. One that no student would believe when it stands among the options (it diverges,
    say) is no `distractor`. `credit` is the share of the points that the mistake still earns. `reread` names the place
    in the book: sections, each followed by its equations, such as ``2.1, (2.1); 1.3, (1.5)``. `family` is the key of
    what it has in common with others (`problems.families`); only an id that is not listed there needs it.
    """

    id: str
    text: Text
    answers: Callable[[P], Answers]
    core: bool = False
    distractor: bool = True
    credit: float = 0.0
    reread: str = ""
    family: str = ""

    def __post_init__(self) -> None:
        family = self.family or BY_MISTAKE.get(self.id, "")
        if family and family not in FAMILIES:
            raise ValueError(f"{self.id}: there is no family {family}")
        object.__setattr__(self, "family", family)


@dataclass(frozen=True, slots=True)
class OneOf(Generic[P]):
    """The `answers` of a mistake that is computed together with others, `together` giving those of each by its id.

    A solver runs a stack of ten problems about as fast as one. A variant calls `together` once for all of them.
    """

    together: Callable[[P], Mapping[str, Answers]]
    id: str

    def __call__(self, parameters: P) -> Answers:
        return self.together(parameters)[self.id]


@dataclass(frozen=True, slots=True)
class Erratum:
    """Why the published key of the printed exercise is not the one we compute."""

    status: Literal["wrong", "disputed"]
    reason: Text


def _always(_: Any) -> None:
    return None


def _nothing(_: Any) -> Mapping[str, str | Text]:
    return {}


@dataclass(frozen=True, kw_only=True, eq=False)  # one object a problem: identity is equality
class Problem(Generic[P]):
    """One exercise with all its variants.

    - `folder`: where `en.md` and `zh.md` lie: ``Path(__file__).parent``.
    - `printed`: the parameters of the exercise as printed in the book (seed 0); `published` its published key.
    - `draw`: parameters of a variant; `ill_posed`: why drawn parameters can't be used (redrawn then), or None.
    - `solve`: the key, computed. Values may be NumPy arrays; they are made answers by the fields' kinds.
    - `fields`: what is asked, in the form ``open`` (or the only form, when `native_choice`).
    - `follow`: what the later fields come to when the earlier ones have these answers, for fields with `follows`.
    - `tracing`: how a student's whole run is checked, where the exercise has iterations.
    - `printed_options`: the values of the printed options by id; their presence gives the problem the form ``choice``.
    - `show_option`: an option's values as LaTeX, where rounding them is not the way to write them.
    - `native_choice`: the fields are choices by themselves; `forms` says under which names they are served.
    - `values`: further slots of the texts, beside the parameters themselves.
    - `withheld`: parameters that nobody is shown as `data`, because their names or values hint at the key.
    - `exhibits`: tables and figures of the worked solution; computed when somebody looks at it, and only then.
    """

    id: str
    version: int
    topic: str
    folder: Path
    printed: P
    draw: Callable[[Draws], P]
    solve: Callable[[P], Answers]
    fields: Callable[[P], tuple[Field, ...]]
    ill_posed: Callable[[P], str | None] = _always
    values: Callable[[P], Mapping[str, str | Text]] = _nothing
    withheld: tuple[str, ...] = ()
    exhibits: Callable[[P], Exhibits] | None = None
    mistakes: tuple[Mistake[P], ...] = ()
    follow: Callable[[P, Answers], Answers] | None = None
    tracing: Tracing[P] | None = None
    published: Answers = field(default_factory=dict)
    erratum: Erratum | None = None
    printed_options: Mapping[str, Answers] = field(default_factory=dict)
    show_option: Callable[[P, Answers], str | None] | None = None
    native_choice: bool = False
    native_forms: tuple[Form, ...] = ("choice",)
    printed_forms: tuple[Form, ...] | None = None

    def forms(self, seed: int) -> tuple[Form, ...]:
        """The forms in which a variant is served, the default first."""
        if seed == 0 and self.printed_forms is not None:
            return self.printed_forms
        if self.native_choice:
            return self.native_forms
        return ("open", "choice") if self.printed_options else ("open",)

    def data(self, parameters: P) -> dict[str, Any]:
        """The numbers of an exercise as anybody may see them before answering."""
        return {name: value for name, value in parameters.items() if name not in self.withheld}

    @property
    def set(self) -> str:
        """``1`` for 1.6, ``2`` for 2.10, ``c3`` for c3.2."""
        return self.id.split(".")[0]

    def mistake(self, mistake_id: str) -> Mistake[P]:
        """The mistake of this id; raises `KeyError`."""
        return self._mistakes[mistake_id]

    @cached_property
    def _mistakes(self) -> Mapping[str, Mistake[P]]:
        return {mistake.id: mistake for mistake in self.mistakes}

    @cached_property
    def page(self) -> Page:
        return read_page(self.folder)
