"""A small exercise to test the machinery with, so that these tests don't hang on any real one."""

import itertools

import pytest

from problems.answers import Vector
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
