"""Proofs that a problem is sound: what `haitang check` runs and what the contract test asserts."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from problems.answers import Choice, Choices, Matrix, Number, Vector
from problems.dealing import deal, ill_posed
from problems.formula_kind import Formula
from problems.grading import grade
from problems.problem import Form, Problem
from problems.text import slots
from problems.variant import KEY, SEPARATION, Variant


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one variant of a problem, in words."""

    problem: str
    seed: int
    what: str


def check(problem: Problem[Any], seeds: Iterable[int]) -> Iterator[Finding]:
    """Everything that must hold of a problem and does not, for these seeds; nothing when it is sound."""
    for seed in seeds:
        try:
            variant = deal(problem, seed)
            found = list(_check_variant(variant))
        except Exception as error:  # noqa: BLE001 - whatever an author's code raises is a finding
            found = [f"{type(error).__name__}: {error}"]
        yield from (Finding(problem.id, seed, what) for what in found)


def _check_variant(variant: Variant[Any]) -> Iterator[str]:
    if json.loads(json.dumps(variant.parameters, allow_nan=False)) != variant.parameters:
        yield "the parameters don't survive JSON"
    if variant.seed != 0 and (reason := ill_posed(variant)):
        yield f"ill-posed: {reason}"
    for text in (variant.statement, variant.solution, *variant.hints):
        if left := slots(text):
            yield f"unfilled slots: {sorted(left)}"
        if not text.en.strip() or not text.zh.strip():
            yield "an empty text"
    for form in variant.forms:
        yield from _check_form(variant, form)


def _check_form(variant: Variant[Any], form: Form) -> Iterator[str]:
    for policy in ("either", "published", "corrected"):
        for key in variant.keys(form, policy):
            if not grade(variant, form, key, policy=policy).correct:
                yield f"{form}: the {policy} key is graded wrong"
    if variant.seed == 0 and variant.problem.erratum is None and len(variant.keys(form, "either")) > 1:
        yield f"{form}: the published key differs from the computed one, and no erratum says why"
    for field in variant.fields(form):
        if isinstance(field.kind, Choice | Choices):
            yield from _check_options(variant, field.kind)
        elif isinstance(field.kind, Number | Vector | Matrix | Formula):
            given = dict(variant.solved) | {field.name: _moved(field.kind, variant.solved[field.name])}
            if grade(variant, form, given).correct:
                yield f"{field.name}: an answer three tolerances off is graded right"


def _check_options(variant: Variant[Any], kind: Choice | Choices) -> Iterator[str]:
    ids = [option.id for option in kind.options]
    texts = [option.text for option in kind.options]
    if len(set(ids)) < len(ids) or len(set(texts)) < len(texts):
        yield "two options are the same"
    if not all(text.en and text.zh for text in texts):
        yield "an option without text"
    if variant.problem.native_choice:
        return
    if [option.source for option in kind.options].count(KEY) != 1:
        yield "not exactly one option is the key"
    wrong = {name: variant.mistaken.get(name.removeprefix("mistake:")) for name in variant.layout if name != KEY}
    for name, answers in wrong.items():
        if answers is None or variant.near_key(answers, SEPARATION):
            yield f"the option {name} is too near the key, or no mistake of this variant"


def _moved(kind: Number | Vector | Matrix | Formula, key: Any) -> Any:
    """The key with every number, or the whole formula, three tolerances higher."""
    if isinstance(kind, Formula):
        return kind.moved(key, 3.0)
    if isinstance(key, tuple):
        return tuple(_moved(kind, each) for each in key)
    return key + 3 * kind.tolerance.width(key)
