"""One variant of a problem: its parameters, its forms, its keys. All of it follows from what is stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic

from problems.answers import Choice, Choices, Option
from problems.candidates import Candidates, candidates
from problems.exhibits import Exhibits
from problems.formula_kind import Formula
from problems.latex import latex_matrix, latex_number
from problems.problem import Answers, Field, Form, KeyPolicy, Mistake, OneOf, P, Problem
from problems.text import Text, fill

KEY = "key"
"""The source of the right option; the source of a distractor is ``mistake:<id>``, of a printed option ``printed``."""

SEPARATION = 10.0
"""Options stand at least this many tolerances apart."""


_WITHOUT_LAYOUT = ("native_fields", "solved", "_yielded", "_together")
"""What a variant caches that does not depend on its options."""


class UnknownFormError(LookupError):
    """The variant is not served in this form."""


@dataclass(frozen=True, eq=False)
class Variant(Generic[P]):
    """`parameters` and `layout` (the sources of the options, in their order) are stored; the rest is computed.

    `redraws` counts the draws that were not well-posed before this one.
    """

    problem: Problem[P]
    seed: int
    parameters: P
    layout: tuple[str, ...] = ()
    redraws: int = 0

    @property
    def forms(self) -> tuple[Form, ...]:
        return self.problem.forms(self.seed)

    def fields(self, form: Form) -> tuple[Field, ...]:
        """What is asked in this form; raises `UnknownFormError`."""
        if form not in self.forms:
            raise UnknownFormError(form)
        if form == "choice" and not self.problem.native_choice:
            return (Field(name="answer", kind=Choice(self._options)),)
        return self.native_fields

    @cached_property
    def native_fields(self) -> tuple[Field, ...]:
        return self.problem.fields(self.parameters)

    @cached_property
    def solved(self) -> Answers:
        """The key of the native fields, as answers; raises `ValueError` when the solver gives none."""
        return self.as_answers(self.problem.solve(self.parameters))

    def as_answers(self, raw: Answers) -> Answers:
        """What a solver returned, as values of the fields' kinds."""
        kinds = {field.name: field.kind for field in self.native_fields}
        return {name: kinds[name].key(value) for name, value in raw.items()}

    def keys(self, form: Form, policy: KeyPolicy) -> tuple[Answers, ...]:
        """The keys that count as right under the policy: the computed one, the published one, or either."""
        published = self.problem.published if self.seed == 0 else {}
        applies = {field.name for field in self.fields(form)} == set(published)
        if not applies:
            return (self._computed(form),)
        kinds = {field.name: field.kind for field in self.fields(form)}
        given = {name: kinds[name].key(value) for name, value in published.items()}
        match policy:
            case "published":
                return (given,)
            case "corrected":
                return (self._computed(form),)
            case "either":
                computed = self._computed(form)
                return (computed,) if computed == given else (computed, given)

    def _computed(self, form: Form) -> Answers:
        if form == "choice" and not self.problem.native_choice:
            return {"answer": next(option.id for option in self._options if option.source == KEY)}
        return self.solved

    @cached_property
    def mistaken(self) -> Mapping[str, Answers]:
        """What each mistake yields here, without those that fail or yield the key."""
        results = {mistake.id: self.mistake_answers(mistake) for mistake in self.problem.mistakes}
        return {name: answers for name, answers in results.items() if answers and not self.near_key(answers)}

    @cached_property
    def candidates(self) -> Candidates:
        """Every known wrong answer, ready to be held against a given one."""
        mistaken = [(self.problem.mistake(name), answers) for name, answers in self.mistaken.items()]
        return candidates(self.native_fields, self.solved, mistaken)

    def mistake_answers(self, mistake: Mistake[P]) -> Answers:
        """What one mistake yields; empty when that is no answer (it diverges, or has no meaning here)."""
        if mistake.id not in self._yielded:
            try:
                self._yielded[mistake.id] = self.as_answers(self._wrong_run(mistake))
            except (ValueError, OverflowError):
                self._yielded[mistake.id] = {}
        return self._yielded[mistake.id]

    def _wrong_run(self, mistake: Mistake[P]) -> Answers:
        if not isinstance(mistake.answers, OneOf):
            return mistake.answers(self.parameters)
        together = mistake.answers.together
        if together not in self._together:
            self._together[together] = together(self.parameters)
        return self._together[together][mistake.answers.id]

    @cached_property
    def _yielded(self) -> dict[str, Answers]:
        """What the mistakes yield, as far as it has been asked for."""
        return {}

    @cached_property
    def _together(self) -> dict[Callable[[P], Mapping[str, Answers]], Mapping[str, Answers]]:
        return {}

    def laid_out(self, layout: tuple[str, ...]) -> "Variant[P]":
        """The same variant with its options in place; what has been computed is not computed again."""
        variant = replace(self, layout=layout)
        variant.__dict__.update({name: self.__dict__[name] for name in _WITHOUT_LAYOUT if name in self.__dict__})
        return variant

    def near_key(self, answers: Answers, tolerances: float = 1.0) -> bool:
        return self.near(answers, self.solved, tolerances)

    def near(self, a: Answers, b: Answers, tolerances: float) -> bool:
        """Whether the two share a field and agree, within so many tolerances, in every field they share."""
        kinds = {field.name: field.kind for field in self.native_fields}
        shared = [name for name in a if name in b]
        return bool(shared) and all(kinds[name].distance(a[name], b[name]) <= tolerances for name in shared)

    @cached_property
    def _options(self) -> tuple[Option, ...]:
        """The options of the derived form ``choice``."""
        if self.seed == 0:
            return tuple(
                Option(id_, self._shown(answers), KEY if self.near_key(self.option_answers(id_)) else "printed")
                for id_, answers in self.problem.printed_options.items()
            )
        return tuple(
            Option(id_, self._shown(self.option_answers(id_)), source)
            for id_, source in zip(self.problem.printed_options, self.layout, strict=False)
        )

    def option_answers(self, option: str) -> Answers:
        """What an option of the derived form ``choice`` stands for."""
        if self.seed == 0:
            return self.as_answers(self.problem.printed_options[option])
        return self._of_source(self.layout[list(self.problem.printed_options).index(option)])

    def _of_source(self, source: str) -> Answers:
        if source == KEY:
            return self.solved
        return self.mistake_answers(self.problem.mistake(source.removeprefix("mistake:")))

    def _shown(self, answers: Answers) -> Text:
        """An option in writing: rounded as the exercise asks, several fields as equations in a row."""
        if self.problem.show_option is not None and (shown := self.problem.show_option(self.parameters, answers)):
            return Text(f"${shown}$", f"${shown}$")
        parts = [(field.name, rounded(field, answers[field.name])) for field in self.native_fields]
        joined = parts[0][1] if len(parts) == 1 else r",\; ".join(f"{name} = {value}" for name, value in parts)
        return Text(f"${joined}$", f"${joined}$")

    @cached_property
    def slots(self) -> Mapping[str, str | Text]:
        """What the texts of the problem's folder can name: every parameter as LaTeX, and the problem's own values."""
        shown: dict[str, str | Text] = {name: _as_latex(value) for name, value in self.parameters.items()}
        return shown | dict(self.problem.values(self.parameters))

    @cached_property
    def statement(self) -> Text:
        return fill(self.problem.page.statement, self.slots)

    @cached_property
    def hints(self) -> tuple[Text, ...]:
        return tuple(fill(hint, self.slots) for hint in self.problem.page.hints)

    @cached_property
    def solution(self) -> Text:
        return fill(self.problem.page.solution, self.slots)

    def exhibits(self) -> Exhibits:
        """Tables and figures of the solution, computed anew each time: many variants are kept, few are looked at."""
        return self.problem.exhibits(self.parameters) if self.problem.exhibits else Exhibits()


def rounded(field: Field, value: Any) -> str:
    """An answer as LaTeX, with as many decimals as the exercise asks for."""
    if isinstance(field.kind, Choice | Choices | Formula):
        return field.kind.latex(value)
    decimals = getattr(field.kind, "decimals", None)
    if isinstance(value, tuple | list):
        rows = [row if isinstance(row, tuple | list) else [row] for row in value]
        return latex_matrix(rows, decimals)
    return value if isinstance(value, str) else latex_number(value, decimals)


def _as_latex(value: Any) -> str:
    match value:
        case str():
            return value
        case bool() | None | dict():
            return ""  # needs words of its own: see Problem.values
        case int() | float():
            return latex_number(value)
        case [[first, *_], *_] if not isinstance(first, list):
            return latex_matrix(value)
        case [*cells] if all(isinstance(cell, int | float | str) for cell in cells):
            return latex_matrix([[cell] for cell in cells])
        case Sequence():
            return ""
    raise TypeError(f"{value!r} is no JSON value")
