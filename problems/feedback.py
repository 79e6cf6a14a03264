"""What to say about an answer, in whole sentences: the mistake behind it, or what is right and what is not."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from problems.answers import AnyKind, Choice, Choices, Matrix, Number, Option, Vector
from problems.candidates import Cause, Explanation
from problems.comparison import Comparison
from problems.families import shared
from problems.text import Text

Detail = Literal["verdict", "parts", "full"]
"""How much is said: right or wrong; also which parts are; also why, and by how much at most."""

RIGHT = Text("Right.", "正确。")
WRONG = Text("Not right.", "不正确。")

BOUNDS = (0.01, 0.1, 1.0, 10.0, 100.0)
"""How far off an answer is, is said in powers of ten, so that no few answers give the key away."""


def explain(
    kind: AnyKind, given: Any, key: Any, comparison: Comparison, explanation: Explanation, detail: Detail
) -> Text:
    """The feedback on one field; `explanation` is of the known mistakes and slips that lead to this answer."""
    causes = explanation.causes
    if detail == "verdict":
        return RIGHT if comparison.correct else WRONG
    if isinstance(kind, Choice | Choices):
        plain = _choice(kind.options, given, key, comparison, reasons=detail == "full")
    else:
        plain = _parts(kind, given, key, comparison, bounded=detail == "full")
    if detail == "parts" or not causes:
        return plain
    if len(causes) == 1:
        told = [causes[0].text] if explanation.certain else [plain, _filled(MAY_BE, causes[0].text)]
        return paragraphs([*told, *_reread(causes)])
    return paragraphs([plain, *_in_common(causes)])


def _in_common(causes: Sequence[Cause]) -> list[Text]:
    """What can be said when several mistakes lead to one answer: nothing, unless they are of one family."""
    families = {cause.family for cause in causes}
    if len(families) > 1 or "" in families:
        return []
    return [shared(families.pop()), *_reread(causes)]


def _reread(causes: Sequence[Cause]) -> list[Text]:
    """Where in the book to read on, if it is one place."""
    places = {cause.reread for cause in causes}
    return [] if len(places) > 1 or "" in places else [reread(places.pop())]


def reread(place: str) -> Text:
    """The sentence that names a place such as ``2.1, (2.1); 1.3, (1.5)``: sections, each with its equations."""
    english: list[str] = []
    chinese: list[str] = []
    for part in place.replace(";", ",").split(","):
        name = part.strip()
        if name.startswith("("):
            english[-1] += f", {name}"
            chinese[-1] += f"、{name}" if "式" in chinese[-1] else f"式 {name}"
        else:
            english.append(f"section {name}")
            chinese.append(f"第 {name} 节")
    return Text(f"See {' and '.join(english)}.", f"请重读{'和'.join(chinese)}。")


def _parts(kind: AnyKind, given: Any, key: Any, comparison: Comparison, *, bounded: bool) -> Text:
    if comparison.correct:
        return RIGHT
    numeric = isinstance(kind, Number | Vector | Matrix)
    bound = _bound(given, key, comparison.parts) if bounded and numeric else None
    wrong = [place for place, right in enumerate(comparison.parts) if not right]
    if len(comparison.parts) == 1:
        return WRONG if bound is None else sentences([WRONG, _filled(OFF_ONE, bound)])
    if len(wrong) == len(comparison.parts):
        none = Text("No component is right.", "所有分量都不正确。")
        return none if bound is None else sentences([none, _filled(OFF_ALL, bound)])
    where = _cells(kind, wrong) if isinstance(kind, Matrix) else _components(wrong)
    return where if bound is None else sentences([where, _filled(OFF_ONE if len(wrong) == 1 else OFF_ALL, bound)])


MAY_BE = Text(
    "It may be a coincidence, but the same number comes from this mistake: {told}",
    "也可能只是巧合，但下面这个错误恰好得到同样的数：{told}",
)

OFF_ONE = Text("It is off by less than {told}.", "误差小于 {told}。")
OFF_ALL = Text("None of them is off by {told} or more.", "各处误差都小于 {told}。")


def _components(wrong: Sequence[int]) -> Text:
    listed = [str(place + 1) for place in wrong]
    return Text(
        f"Not right yet: look at component {', '.join(listed)} (counted from 1).",
        f"还不对：请检查第 {'、'.join(listed)} 个分量（从 1 数起）。",
    )


def _cells(kind: Matrix, wrong: Sequence[int]) -> Text:
    listed = [f"({place // kind.columns + 1}, {place % kind.columns + 1})" for place in wrong]
    return Text(
        f"Not right yet: look at the cells {', '.join(listed)} (row and column, counted from 1).",
        f"还不对：请检查位置 {'、'.join(listed)}（行、列，从 1 数起）。",
    )


def _bound(given: Any, key: Any, parts: Sequence[bool]) -> Text | None:
    """The least power of ten that every wrong number is nearer than to the key's, or None if it is far off."""
    wrong = ~np.array(parts)
    differences = np.abs(np.ravel(given) - np.ravel(key))[wrong]
    return next((Text(f"{bound:g}", f"{bound:g}") for bound in BOUNDS if (differences < bound).all()), None)


def _filled(sentence: Text, told: Text) -> Text:
    return Text(sentence.en.format(told=told.en), sentence.zh.format(told=told.zh))


def _choice(options: Sequence[Option], given: Any, key: Any, comparison: Comparison, *, reasons: bool) -> Text:
    """Reasons for the options that were wrongly chosen, or for all of them once the answer is right."""
    chosen = {given} if isinstance(given, str) else set(given)
    right = {key} if isinstance(key, str) else set(key)
    told = [
        Text(f"{option.id}: {option.reason.en}", f"{option.id}：{option.reason.zh}")
        for option in options
        if reasons and option.reason and (comparison.correct or option.id in chosen - right)
    ]
    if comparison.correct:
        head = RIGHT
    elif chosen < right:
        head = Text("What you chose is right, but something is missing.", "所选各项都对，但还有遗漏。")
    else:
        head = WRONG
    return paragraphs([head, *told])


def sentences(texts: Sequence[Text]) -> Text:
    """One paragraph; Chinese sentences follow each other without a space."""
    return Text(" ".join(text.en for text in texts), "".join(text.zh for text in texts))


def paragraphs(texts: Sequence[Text]) -> Text:
    return Text("\n\n".join(text.en for text in texts), "\n\n".join(text.zh for text in texts))
