"""What a QTI player makes of an answer to an exported item is what our grader makes of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.exports.asking import FormulaError, Standard, ask
from app.exports.qti_item import item
from app.exports.qti_versions import Version, written
from app.exports.question import Question
from problems import deal, find, grade
from problems.answers import Choice, Choices
from problems.catalogue import catalogue
from problems.grading import FieldGrade, Grade, UnreadableAnswersError
from problems.problem import Form
from problems.variant import Variant
from tests.exports import tries
from tests.exports.qti_player import Player, text_of

SEEDS: dict[int, Version] = {0: "2.1", 1: "3.0"}


def variants(*seeds: int) -> Iterator[tuple[Variant[Any], Form]]:
    for problem in catalogue().values():
        for seed in seeds:
            variant = deal(problem, seed)
            yield from ((variant, form) for form in variant.forms)


def is_typed(variant: Variant[Any], form: Form) -> bool:
    return not any(isinstance(field.kind, Choice | Choices) for field in variant.fields(form))


def player_of(question: Question, version: Version = "2.1", language: str = "en") -> Player:
    return Player(written(item(question, language, {}), version))


def asked(variant: Variant[Any], form: Form, standard: Standard | None = None) -> Question | None:
    try:
        return ask(variant, form, standard or Standard())
    except FormulaError:
        return None


def responses(player: Player, cells: dict[str, str]) -> dict[str, str]:
    """The numbers under the names of response variables; the only one of an item is called RESPONSE."""
    if set(player.responses) == {"RESPONSE"}:
        (text,) = cells.values()
        return {"RESPONSE": text}
    return {f"RESPONSE_{name}": text for name, text in cells.items()}


def without_following(variant: Variant[Any], result: Grade) -> float:
    """The score but for what following from a wrong answer earns, which QTI can't tell; right cells earn theirs."""
    return sum(field.score if not field.followed else _by_cell(variant, field) for field in result.fields)


def _by_cell(variant: Variant[Any], graded: FieldGrade) -> float:
    kind = next(field.kind for field in variant.native_fields if field.name == graded.name)
    return graded.max_score * sum(graded.parts) / len(graded.parts) if getattr(kind, "per_cell", False) else 0.0


@pytest.mark.parametrize("problem", catalogue())
def test_typed_numbers_score_as_here(problem: str) -> None:
    tried = 0
    for seed, version in SEEDS.items():
        variant = deal(find(problem), seed)
        if "open" not in variant.forms or not is_typed(variant, "open"):
            continue
        if (question := asked(variant, "open")) is None:
            continue
        player = player_of(question, version)
        for each in tries.numbers(variant):
            try:
                ours = grade(variant, "open", each.answers)
            except UnreadableAnswersError:
                continue  # a vector with an empty cell is no answer here
            theirs = player.play(responses(player, each.cells))
            assert theirs.score == pytest.approx(without_following(variant, ours), abs=1e-9), (seed, each.label)
            tried += 1
    assert tried > 8 or not any("open" in find(problem).forms(seed) for seed in SEEDS) or problem in {"c3.4", "2.1"}


def test_every_known_mistake_that_we_name_is_told_of_and_no_other() -> None:
    named = 0
    for variant, form in variants(1, 2):
        if form != "open" or not is_typed(variant, form) or (question := asked(variant, form)) is None:
            continue
        player = player_of(question)
        texts = {text_of(each) for each in player.item.findall("modalFeedback")}
        for each in tries.numbers(variant):
            if not each.mistake:
                continue
            ours = grade(variant, "open", each.answers)
            told = player.play(responses(player, each.cells)).told
            for field in ours.fields:
                if field.mistake == each.mistake and not field.followed:
                    said = _plain(variant.problem.mistake(each.mistake).text.en)
                    assert any(_plain(text).startswith(said[:20]) for text in told), (variant.problem.id, each.label)
                    named += 1
            assert set(told) <= texts
    assert named > 1200


def _plain(text: str) -> str:
    """Letters before the first formula."""
    return "".join(character for character in text.split("$", maxsplit=1)[0] if character.isalpha())


@pytest.mark.parametrize("policy", ["either", "published", "corrected"])
@pytest.mark.parametrize("scoring", [None, "all", "each", "net"])
def test_chosen_options_score_as_here(policy: Any, scoring: Any) -> None:
    tried = 0
    for variant, form in variants(0, 1):
        if is_typed(variant, form):
            continue
        question = asked(variant, form, Standard(policy, scoring))
        player = player_of(question, "3.0" if variant.seed else "2.1")
        for answers in tries.choices(variant, form):
            (chosen,) = answers.values()
            given = [f"option{id_}" for id_ in chosen] if isinstance(chosen, list) else f"option{chosen}"
            ours = grade(variant, form, answers, policy=policy, scoring=scoring)
            assert player.play({"RESPONSE": given}).score == pytest.approx(ours.score, abs=1e-9), (
                variant.problem.id,
                answers,
            )
            tried += 1
    assert tried > 700


def test_an_item_that_is_left_empty_earns_nothing() -> None:
    for variant, form in variants(0, 1):
        if (question := asked(variant, form)) is not None:
            played = player_of(question).play({})
            assert played.score == 0
            assert played.outcomes["SOLUTION"] is None


def test_the_worked_solution_is_shown_to_who_is_right_and_to_nobody_else() -> None:
    variant = deal(find("1.6"), 3)
    player = player_of(ask(variant, "open", Standard()))
    solution = "For the others"
    for each in tries.numbers(variant):
        right = grade(variant, "open", each.answers).correct if "empty" not in each.label else False
        told = " ".join(player.play(responses(player, each.cells)).told)
        assert ("Right." in told) == right, each.label
        assert right or solution not in told


def test_where_two_keys_count_the_item_says_why() -> None:
    variant = deal(find("2.7"), 0)
    (either, corrected) = (player_of(ask(variant, "choice", Standard(policy))) for policy in ("either", "corrected"))
    told = " ".join(either.play({"RESPONSE": ["option3"]}).told)
    assert variant.problem.erratum.reason.en.split(".")[0] in told
    assert variant.problem.erratum.reason.en not in " ".join(corrected.play({"RESPONSE": ["option3"]}).told)


def test_items_are_the_same_in_both_versions_and_languages() -> None:
    variant = deal(find("c4.4"), 2)
    question = ask(variant, "open", Standard())
    players = [player_of(question, version, language) for version in ("2.1", "3.0") for language in ("en", "zh")]
    for each in tries.numbers(variant):
        scores = {player.play(responses(player, each.cells)).score for player in players}
        assert len(scores) == 1, each.label
