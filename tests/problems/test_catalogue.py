"""The catalogue finds every problem, and a broken one stops the start, by name."""

import sys
from types import ModuleType

import pytest

import problems
from problems import catalogue as catalogue_module
from problems.answers import Number
from problems.catalogue import BrokenProblemError, UnknownProblemError, catalogue, find, order
from problems.problem import Field
from problems.tolerance import Tolerance

BOOK = [f"{set_}.{number}" for set_ in (1, 2) for number in range(1, 11)]


def test_all_twenty_exercises_of_the_book_in_its_order():
    ids = list(catalogue())
    assert ids[: len(BOOK)] == BOOK
    assert all(id_.startswith("c") for id_ in ids[len(BOOK) :])


def test_every_problem_is_found_by_its_id():
    for id_, problem in catalogue().items():
        assert find(id_) is problem
        assert problem.id == id_
        assert problem.set == id_.split(".")[0]


@pytest.mark.parametrize("unknown", ["", "1.11", "1", "01.1", "1.1 ", "c", "../1.1", "1.6\x00"])
def test_an_unknown_id_is_a_lookup_error(unknown):
    with pytest.raises(UnknownProblemError):
        find(unknown)


def test_the_order_is_by_number_not_by_letter():
    assert sorted(["c1.2", "1.10", "2.1", "1.9"], key=order) == ["1.9", "1.10", "2.1", "c1.2"]


def test_the_documented_names_are_public():
    assert all(hasattr(problems, name) for name in problems.__all__)
    assert problems.grade(problems.deal(problems.find("1.6"), seed=0), "choice", {"answer": "B"}).correct


@pytest.fixture
def as_module(monkeypatch):
    """Puts something in place of a problem's module, under the name ``broken``."""

    def put(**contents):
        module = ModuleType("broken")
        vars(module).update(contents)
        monkeypatch.setitem(sys.modules, "broken", module)
        return "broken"

    return put


def infinite_key(_):
    return {"w": [float("inf"), 1.0]}


def relative_to_zero(_):
    return (Field(name="w", kind=Number(Tolerance("relative", 0.01))),)


@pytest.mark.parametrize(
    ("replaced", "says"),
    [
        ({"solve": infinite_key}, "a key must be finite"),
        ({"fields": relative_to_zero, "solve": lambda _: {"w": 0.0}, "printed_options": {}}, "a key of 0"),
        ({"printed": {"y": [1.0]}}, "'x'"),
    ],
)
def test_a_problem_that_can_not_be_solved_or_written_out_is_refused(as_module, make_problem, replaced, says):
    with pytest.raises(BrokenProblemError, match=f"broken: .*{says}"):
        catalogue_module._load(as_module(problem=make_problem(**replaced)))


def test_a_problem_without_its_texts_is_refused(as_module, make_problem, tmp_path):
    with pytest.raises(BrokenProblemError, match=r"en\.md"):
        catalogue_module._load(as_module(problem=make_problem(folder=tmp_path / "nowhere")))


def test_a_module_without_a_problem_is_refused(as_module):
    with pytest.raises(BrokenProblemError, match="no attribute 'problem'"):
        catalogue_module._load(as_module())
    with pytest.raises(BrokenProblemError, match="no Problem"):
        catalogue_module._load(as_module(problem="1.6"))
    with pytest.raises(BrokenProblemError, match=r"No module named 'problems\.set9'"):
        catalogue_module._load("problems.set9")


def test_a_sound_problem_is_loaded(as_module, make_problem):
    problem = make_problem()
    assert catalogue_module._load(as_module(problem=problem)) is problem
