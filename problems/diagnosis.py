"""What to tell about an answer: the mistake that leads to exactly it, or what is right and what is not."""

from typing import Any

from problems.answers import AnyKind, Choice, Choices, Option
from problems.comparison import Comparison
from problems.problem import Answers, Field, Mistake
from problems.text import Text
from problems.variant import Variant


def diagnose(variant: Variant[Any], field: Field, answers: Answers) -> tuple[Mistake[Any], ...]:
    """The mistakes that lead to exactly this wrong answer. Only where it is one is the student held to have made it.

    Of the mistakes that fit this field, those that fit the other answers as well go before the rest: who exchanges two
    numbers gets both wrong, who has only one of them wrong made another mistake.
    """
    if any(field.name == native.name for native in variant.native_fields):
        here = [name for name, yielded in variant.mistaken.items() if _fits(variant, answers, yielded, [field.name])]
        names = [name for name in here if _fits(variant, answers, variant.mistaken[name], list(answers))] or here
    else:  # the derived form `choice`: an option stands for answers to all fields
        chosen = variant.option_answers(answers[field.name])
        names = [
            name
            for name, yielded in variant.mistaken.items()
            if set(yielded) == set(chosen) and variant.near(yielded, chosen, 1.0)
        ]
    return tuple(map(variant.problem.mistake, names))


def _fits(variant: Variant[Any], answers: Answers, yielded: Answers, names: list[str]) -> bool:
    """Whether these answers are what a mistake yields, in those of the named fields that it touches (one at least)."""
    kinds = {field.name: field.kind for field in variant.native_fields}
    touched = [name for name in names if name in yielded]
    return bool(touched) and all(kinds[name].compare(answers[name], yielded[name]).correct for name in touched)


def explain(
    variant: Variant[Any],
    field: Field,
    given: Any,
    key: Any,
    comparison: Comparison,
    mistakes: tuple[Mistake[Any], ...],
) -> Text:
    """The feedback on one field; with the reason why two keys count, on a printed exercise whose key is disputed."""
    match mistakes:
        case (mistake,):
            feedback = mistake.text
        case _:
            feedback = _paragraphs([_feedback(field.kind, given, key, comparison), *_shared(mistakes)])
    erratum = variant.problem.erratum
    if variant.seed != 0 or erratum is None or field.name not in variant.problem.published:
        return feedback
    return _paragraphs([feedback, erratum.reason])


def _shared(mistakes: tuple[Mistake[Any], ...]) -> list[Text]:
    """What several mistakes with the same result have in common: where in the book to read on."""
    sections = {mistake.reread.replace(";", ",").partition(",")[0] for mistake in mistakes}
    if len(sections) != 1 or "" in sections:
        return []
    (section,) = sections
    return [
        Text(
            f"Several known slips lead to just this answer; all of them concern section {section} of the book.",
            f"有好几种常见错误都会得到这个结果，它们都与书中 {section} 节有关。",
        )
    ]


def _feedback(kind: AnyKind, given: Any, key: Any, comparison: Comparison) -> Text:
    if isinstance(kind, Choice | Choices):
        return _choice_feedback(kind.options, given, key, comparison)
    if comparison.correct:
        return Text("Right.", "正确。")
    wrong = [str(place + 1) for place, right in enumerate(comparison.parts) if not right]
    if len(comparison.parts) == 1:
        return Text("Not right.", "不正确。")
    if len(wrong) == len(comparison.parts):
        return Text("No component is right.", "所有分量都不正确。")
    return Text(
        f"Not right yet: look at component {', '.join(wrong)} (counted from 1).",
        f"还不对：请检查第 {'、'.join(wrong)} 个分量（从 1 数起）。",
    )


def _choice_feedback(options: tuple[Option, ...], given: Any, key: Any, comparison: Comparison) -> Text:
    """Reasons for the options that were wrongly chosen, or for all of them once the answer is right."""
    chosen = {given} if isinstance(given, str) else set(given)
    right = {key} if isinstance(key, str) else set(key)
    told = [
        Text(f"{option.id}: {option.reason.en}", f"{option.id}：{option.reason.zh}")
        for option in options
        if option.reason and (comparison.correct or option.id in chosen - right)
    ]
    if comparison.correct:
        head = Text("Right.", "正确。")
    elif chosen < right:
        head = Text("What you chose is right, but something is missing.", "所选各项都对，但还有遗漏。")
    else:
        head = Text("Not right.", "不正确。")
    return _paragraphs([head, *told])


def _paragraphs(texts: list[Text]) -> Text:
    return Text("\n\n".join(text.en for text in texts), "\n\n".join(text.zh for text in texts))
