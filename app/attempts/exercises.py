"""Problems and variants as JSON: all that may be known before an answer is given, and nothing else.

What is shown is named here, one by one. The sources and reasons of options, layouts, keys and solutions are not.
"""

from typing import Any

from problems.answers import Choice, Choices, Option
from problems.draws import MAX_SEED
from problems.formula_kind import Formula, Variable
from problems.problem import Field, Form, Problem
from problems.trace_kind import TRACE, Trace, trace_of
from problems.variant import Variant


def problem_json(problem: Problem[Any]) -> dict[str, Any]:
    return {
        "id": problem.id,
        "set": problem.set,
        "topic": problem.topic,
        "version": problem.version,
        "title": problem.page.title.as_dict(),
        "forms": {"printed": problem.forms(0), "variants": problem.forms(1)},
        "max_seed": MAX_SEED,
    }


def variant_json(variant: Variant[Any], form: Form) -> dict[str, Any]:
    """The variant in this form; raises `problems.variant.UnknownFormError`."""
    return {
        "problem": variant.problem.id,
        "version": variant.problem.version,
        "seed": variant.seed,
        "form": form,
        "forms": variant.forms,
        "title": variant.problem.page.title.as_dict(),
        "statement": variant.statement.as_dict(),
        "data": variant.problem.data(variant.parameters),
        "fields": [*(_field_json(field) for field in variant.fields(form)), *_trace_json(trace_of(variant, form))],
    }


def _field_json(field: Field) -> dict[str, Any]:
    kind = field.kind
    return {
        "name": field.name,
        "kind": kind.name,
        "shape": kind.shape,
        "label": field.label,
        "points": field.points,
        "options": [_option_json(option) for option in kind.options] if isinstance(kind, Choice | Choices) else None,
        "variables": [_variable_json(variable) for variable in kind.variables] if isinstance(kind, Formula) else None,
        "tolerance": kind.tolerance.value if kind.tolerance else None,
        "tolerance_kind": kind.tolerance.kind if kind.tolerance else None,
        "optional": False,
    }


def _trace_json(trace: Trace | None) -> list[dict[str, Any]]:
    """The field for a whole run, where there is one."""
    if trace is None:
        return []
    nothing = dict.fromkeys(("options", "variables", "tolerance", "tolerance_kind"))
    shown = {"name": TRACE, "kind": trace.name, "shape": trace.shape, "label": "", "points": 0.0, "optional": True}
    return [shown | nothing]


def _option_json(option: Option) -> dict[str, Any]:
    return {"id": option.id, "text": option.text.as_dict()}


def _variable_json(variable: Variable) -> dict[str, Any]:
    return {"name": variable.name, "low": variable.low, "high": variable.high}
