"""Finds the problems: every folder under `set1`, `set2` and `chapters` with a `problem.py` is one."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from problems.problem import Problem
from problems.variant import Variant

SECTIONS = ("set1", "set2", "chapters")


class BrokenProblemError(RuntimeError):
    """A problem can't be loaded; the message names it. Raised at start-up, never at a request."""


class UnknownProblemError(LookupError):
    """No problem has this id."""


def find(problem_id: str) -> Problem[Any]:
    """The problem of this id, such as ``1.6``; raises `UnknownProblemError`."""
    try:
        return catalogue()[problem_id]
    except KeyError:
        raise UnknownProblemError(problem_id) from None


@functools.cache
def catalogue() -> Mapping[str, Problem[Any]]:
    """All problems by id, in the order of the book. Raises `BrokenProblemError`."""
    found: dict[str, Problem[Any]] = {}
    for section in SECTIONS:
        package = importlib.import_module(f"problems.{section}")
        for info in pkgutil.iter_modules(package.__path__):
            if info.ispkg:
                problem = _load(f"problems.{section}.{info.name}.problem")
                if problem.id in found:
                    raise BrokenProblemError(f"two problems have the id {problem.id}: {info.name} is one of them")
                found[problem.id] = problem
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: order(item[0]))))


def _load(module: str) -> Problem[Any]:
    try:
        problem = importlib.import_module(module).problem
        if isinstance(problem, Problem):
            _prove(problem)
    except Exception as error:
        raise BrokenProblemError(f"{module}: {error}") from error
    if not isinstance(problem, Problem):
        raise BrokenProblemError(f"{module}: `problem` is no Problem")
    return problem


def _prove(problem: Problem[Any]) -> None:
    """Write out and solve the printed exercise: a missing text, an unfilled slot or a key that is none shows here."""
    printed = Variant(problem, 0, problem.printed)
    _ = printed.statement, printed.solution, printed.hints
    for form in printed.forms:
        printed.keys(form, "either")


def order(problem_id: str) -> tuple[str, int]:
    """``1.9`` before ``1.10``, the sets before the chapters."""
    section, number = problem_id.split(".")
    return section, int(number)
