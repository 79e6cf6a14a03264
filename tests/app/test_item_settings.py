"""An item with a tolerance of its own: its variants are made ready before the first answer is looked at."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.attempts.item_settings import ItemSettings, adjusted, grade_with
from problems.catalogue import find
from problems.dealing import restore
from problems.problem import Mistake, Problem


@pytest.fixture
def runs() -> Counter[str]:
    """How often the solver was run with each mistake."""
    return Counter()


def counting(problem: Problem[Any], runs: Counter[str]) -> Problem[Any]:
    def counted(mistake: Mistake[Any]) -> Mistake[Any]:
        def answers(p: Any) -> Any:
            runs[mistake.id] += 1
            return mistake.answers(p)

        return replace(mistake, answers=answers)

    return replace(problem, mistakes=tuple(counted(mistake) for mistake in problem.mistakes))


def settings() -> ItemSettings:
    return ItemSettings(points=1, key_policy="either", tolerance={"kind": "absolute", "value": 0.01})


@pytest.mark.parametrize("right", [True, False])
def test_mistakes_are_run_once_and_before_the_answer_is_known(runs: Counter[str], *, right: bool) -> None:
    """Else the first wrong answer would take longer than a right one, and so tell what may not be released yet."""
    problem = counting(find("c2.2"), runs)
    variant = restore(problem, 0, problem.printed, ())
    graded = adjusted(variant, "open", settings())
    assert set(runs) == {mistake.id for mistake in problem.mistakes}
    assert set(runs.values()) == {1}
    answers = variant.solved if right else {"w": [0, 0, 0]}
    for _ in range(2):
        again = adjusted(variant, "open", settings())
        assert again is graded
        assert grade_with(again, "open", answers, settings(), alike=True).correct is right
    assert set(runs.values()) == {1}
