"""Response processing: how a QTI player scores an item, in elements of QTI 2.1.

Only single values and simple operators are used, because every player evaluates them: a number is right when it lies
between two others (`equal` with a tolerance is not implemented everywhere, and `null` is taken for 0 by some), shares
are counted in whole numbers first (some round every outcome to three decimals), and each feedback has an outcome of its
own. What follows is the rule of `problems.grading`:

- a field of numbers earns its points when all of them are right (a matrix graded by cell: a share for each), else what
  the known mistake behind it earns;
- one chosen option earns all points or none; several are scored ``all``, ``each`` or ``net``, by the best of the keys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from app.exports.asking import decimal
from app.exports.qti_content import node
from app.exports.question import Cell, Choosing, Interval, Numbers, Part, Question, Trap

ENOUGH = 1e-6
"""By so much a sum of shares may miss the whole."""

WRONG = "wrong"
SHOWN = "shown"


def response(question: Question, name: str) -> str:
    """The variable of a cell or a choice; the only one of an item has the name that many tools expect."""
    (first, *more) = question.parts
    alone = not more and (isinstance(first, Choosing) or len(first.cells) == 1)
    return "RESPONSE" if alone else f"RESPONSE_{name}"


def feedback_outcome(part: Part, option: str = "") -> str:
    return f"FEEDBACK_{part.name}_{option}" if option else f"FEEDBACK_{part.name}"


def named(part: Numbers) -> list[tuple[str, list[Trap]]]:
    """The traps of a field by mistake, with the identifier of what is said about it."""
    ordered = sorted(part.traps, key=lambda trap: (-trap.credit, [each.id for each in part.traps].index(trap.id)))
    return [
        (f"mistake{number}", list(traps))
        for number, (_, traps) in enumerate(groupby(ordered, key=lambda trap: (trap.credit, trap.id)), start=1)
    ]


def processing(question: Question) -> Element:
    made = node("responseProcessing")
    for part in question.parts:
        if isinstance(part, Numbers):
            made.extend(_numbers(question, part))
        else:
            made.extend(_choosing(question, part))
    whole = node("gte", _variable("SCORE"), _float(question.points - ENOUGH))
    made.append(_condition((whole, [_set("SOLUTION", _identifier(SHOWN))])))
    return made


# Numbers


def _numbers(question: Question, part: Numbers) -> Iterator[Element]:
    right = [_accepted(question, cell) for cell in part.cells]
    outcome = feedback_outcome(part)
    branches: list[tuple[Element, list[Element]]] = [(_all(right), [_add("SCORE", part.points)])]
    for identifier, traps in named(part):
        hit = _any([_trapped(question, trap) for trap in traps])
        told = [_set(outcome, _identifier(identifier))]
        credit = traps[0].credit
        branches.append((hit, [_add("SCORE", part.points * credit), *told] if credit else told))
    yield _condition(*branches, otherwise=[_set(outcome, _identifier(WRONG))])
    if part.per_cell:
        for cell in part.cells:
            yield _condition((_accepted(question, cell), [_add(count_outcome(part), 1)]))
        share = node("product", _variable(count_outcome(part)), _float(part.points / len(part.cells)))
        not_all = node("lt", _variable(count_outcome(part)), _float(len(part.cells)))
        yield _condition((not_all, [_set("SCORE", node("sum", _variable("SCORE"), share))]))


def count_outcome(part: Part) -> str:
    """The outcome that counts the right cells of a field."""
    return f"COUNT_{part.name}"


def _accepted(question: Question, cell: Cell) -> Element:
    return _any([_between(question, cell.name, interval) for interval in cell.accepted])


def _trapped(question: Question, trap: Trap) -> Element:
    places: Mapping[str, Interval] = {**trap.cells, **trap.elsewhere}
    return _all([_between(question, name, interval) for name, interval in places.items()])


def _between(question: Question, name: str, interval: Interval) -> Element:
    """Whether a number was typed that lies there."""
    variable = response(question, name)
    return node(
        "and",
        node("not", node("isNull", _variable(variable))),
        node("gte", _variable(variable), _float(interval.low)),
        node("lte", _variable(variable), _float(interval.high)),
    )


# Options


def _choosing(question: Question, part: Choosing) -> Iterator[Element]:
    variable = response(question, part.name)
    if part.single:
        yield _condition(
            (_any([_is(variable, id_) for id_ in sorted(frozenset.union(*part.keys))]), [_add("SCORE", part.points)])
        )
    else:
        yield from _scored(variable, part)
    for option in part.options:
        if option.told is not None and not _always_right(part, option.id):
            chosen = _is(variable, option.id) if part.single else _has(variable, option.id)
            yield _condition((chosen, [_set(feedback_outcome(part, option.id), _identifier(SHOWN))]))


def _always_right(part: Choosing, option: str) -> bool:
    return all(option in key for key in part.keys)


def _scored(variable: str, part: Choosing) -> Iterator[Element]:
    """Several options, scored by each key; the best score counts."""
    if part.scoring == "all":
        yield _condition((_any([_exactly(variable, part, key) for key in part.keys]), [_add("SCORE", part.points)]))
        return
    outcomes = [key_outcome(place) for place in range(len(part.keys))]
    for outcome, key in zip(outcomes, part.keys, strict=True):
        whole = len(key) if part.scoring == "net" else len(part.options)
        if part.scoring == "each":
            # Whoever chooses nothing at all has answered nothing.
            untouched = len(part.options) - len(key)
            yield _condition((node("not", node("isNull", _variable(variable))), [_add(outcome, untouched)]))
        for option in part.options:
            yield _condition((_has(variable, option.id), [_add(outcome, 1 if option.id in key else -1)]))
        yield _set(outcome, node("product", _variable(outcome), _float(part.points / whole)))
    best = node("max", *(_variable(outcome) for outcome in outcomes), _float(0))
    yield _set("SCORE", node("sum", _variable("SCORE"), best))


def key_outcome(place: int) -> str:
    """The outcome that holds the score by one of the keys."""
    return f"KEY_{place + 1}"


def _exactly(variable: str, part: Choosing, key: frozenset[str]) -> Element:
    return _all(
        [
            _has(variable, option.id) if option.id in key else node("not", _has(variable, option.id))
            for option in part.options
        ]
    )


def choice(option: str) -> str:
    """An identifier begins with a letter."""
    return f"option{option}"


def _is(variable: str, option: str) -> Element:
    return node("match", _variable(variable), _identifier(choice(option)))


def _has(variable: str, option: str) -> Element:
    return node("member", _identifier(choice(option)), _variable(variable))


# Expressions and rules


def _variable(identifier: str) -> Element:
    return node("variable", identifier=identifier)


def _float(value: float) -> Element:
    return node("baseValue", decimal(value), baseType="float")


def _identifier(value: str) -> Element:
    return node("baseValue", value, baseType="identifier")


def _all(conditions: Sequence[Element]) -> Element:
    return conditions[0] if len(conditions) == 1 else node("and", *conditions)


def _any(conditions: Sequence[Element]) -> Element:
    return conditions[0] if len(conditions) == 1 else node("or", *conditions)


def _set(outcome: str, value: Element) -> Element:
    return node("setOutcomeValue", value, identifier=outcome)


def _add(outcome: str, value: float) -> Element:
    return _set(outcome, node("sum", _variable(outcome), _float(value)))


def _condition(*branches: tuple[Element, Iterable[Element]], otherwise: Iterable[Element] = ()) -> Element:
    """Each branch is a condition with what is done if it is the first that holds."""
    tags = ["responseIf", *["responseElseIf"] * (len(branches) - 1)]
    made = node(
        "responseCondition", *(node(tag, test, *rules) for tag, (test, rules) in zip(tags, branches, strict=True))
    )
    if rules := list(otherwise):
        made.append(node("responseElse", *rules))
    return made
