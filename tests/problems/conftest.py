"""A small exercise to test the machinery with, so that these tests don't hang on any real one."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field

import pytest

from problems.answers import Vector
from problems.catalogue import find
from problems.dealing import deal
from problems.grading import grade
from problems.problem import Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance

PAGE = "# Two numbers\n\nHalve {{ x }}.\n\n## Solution\n\nDivide.\n"


def mistake(name, factor, **options):
    """A mistake of the small exercise: multiplying by `factor` instead of halving."""
    return Mistake(
        id=name,
        text=Text(f"You made the mistake {name}.", f"你犯了错误 {name}。"),
        answers=lambda p: {"w": [factor * x for x in p["x"]]},
        **options,
    )


MISTAKES = (
    mistake("doubled", 2, core=True),
    mistake("kept", 1),
    mistake("sign", -0.5),
    mistake("quarter", 0.25),
    mistake("huge", 1000),
)


@pytest.fixture
def make_mistake():
    return mistake


@pytest.fixture
def make_problem(tmp_path):
    """The exercise "halve two numbers", with anything replaced by keyword."""
    (tmp_path / "en.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "zh.md").write_text(PAGE, encoding="utf-8")
    numbers = itertools.count(1)

    def make(**replaced):
        given = {
            "id": f"1.{next(numbers)}",
            "version": 1,
            "topic": "halving",
            "folder": tmp_path,
            "printed": {"x": [2.0, 4.0]},
            "draw": lambda draws: {"x": [draws.integer(1, 9) / 4, draws.integer(1, 9) / 4]},
            "solve": lambda p: {"w": [x / 2 for x in p["x"]]},
            "fields": lambda _: (Field(name="w", kind=Vector(2, Tolerance("absolute", 0.001))),),
            "mistakes": MISTAKES,
            "published": {"answer": "B"},
            "printed_options": {"A": {"w": (4, 8)}, "B": {"w": (1, 2)}, "C": {"w": (9, 9)}, "D": {"w": (-1, -2)}},
        }
        return Problem(**(given | replaced))

    return make


# Students who make one mistake (test_recall.py, test_recall_chapters.py)


@pytest.fixture
def recall():
    """Counts how many mistakes are named; `recall(id_, work, seeds)`.

    Answers are rounded to three decimals, as people type them. A mistake counts where it can be told: it does not lead
    to the right answer, nor within two tolerances of where another mistake of the program leads.
    """
    return _recall


def numbers(answer):
    return [cell for each in answer for cell in numbers(each)] if isinstance(answer, list | tuple) else [answer]


def apart(a, b):
    """In tolerances, which are 0.001 for a number; over the fields that both answer."""
    pairs = [(x, y) for name in a.keys() & b.keys() for x, y in zip(numbers(a[name]), numbers(b[name]), strict=True)]
    return max(abs(x - y) for x, y in pairs) / 0.001


def typed(answer):
    """Rounded to three decimals; counts as they are."""
    if isinstance(answer, list | tuple):
        return [typed(each) for each in answer]
    return round(answer, 3) if isinstance(answer, float) else answer


@dataclass
class Recall:
    """Of the mistakes that were `made`: those named, told as what may be a coincidence, or named as others."""

    made: int = 0
    named: int = 0
    perhaps: int = 0
    wrongly: list[tuple[str, set[str]]] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)

    def check(self, least, wrongly=0.0):
        """At least so many were made, at most this share was named as others, and 95 % were told."""
        assert self.made > least, self
        assert len(self.wrongly) <= wrongly * self.made, self
        assert self.named + self.perhaps >= 0.95 * self.made, self
        assert self.named >= 0.8 * self.made, self


def _recall(id_, work, seeds):
    """`work` makes of the data of a variant the mistakes: by id a function that returns the answers it leads to."""
    counted = Recall()
    for seed in seeds:
        variant = deal(find(id_), seed)
        made = {name: wrong for name, make in work(variant.parameters).items() if (wrong := finite(make()))}
        right = dict(variant.solved)
        for name, wrong in made.items():
            whole = right | wrong
            others = [right | other for each, other in made.items() if each != name]
            if any(apart(whole, other) <= 2 for other in [right, *others]):
                continue
            graded = grade(variant, "open", {each: typed(value) for each, value in whole.items()}).fields
            counted.made += 1
            found = {each.mistake for each in graded} - {None}
            if found == {name}:
                counted.named += 1
            elif found:
                counted.wrongly.append((name, found))
            elif {candidate for each in graded for candidate in each.candidates} == {name}:
                counted.perhaps += 1
            else:
                counted.missed[name] += 1
    return counted


def finite(answers):
    """The answers, or nothing when a run exploded."""
    cells = [cell for value in answers.values() for cell in numbers(value)]
    fine = all(isinstance(cell, int) or (math.isfinite(cell) and abs(cell) < 1e6) for cell in cells)
    return answers if fine else None
