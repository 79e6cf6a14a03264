"""“Check my run”: what is said about a whole run that a student pastes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from problems import trace_words as words
from problems.problem import Problem
from problems.text import Text
from problems.trace_layout import Table, history_of, is_start, own_history, refuse_coarse, tables
from problems.trace_reading import Pasted
from problems.tracing import Array, Cause, Judged, Tracing, find_cause, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceReport:
    """The verdict on a run.

    - `correct`: every step that is asked for is there, is right, and nothing follows.
    - `steps`: as many are asked for, None where finding the end is part of the exercise; `rows`: as many are shown,
      the start not counted.
    - `right_steps`: the steps before the first that deviates. `first_wrong` counts from 1; 0 is the start itself, and
      None means that no step deviates. Where rows stand for passes or for updates, these count rows.
    - `every`: what one row shows.
    - `mistake`: the id of what leads to the first deviating step: of a mistake of the problem, or of what happened.
      `candidates` are the problem's mistakes that lead to it, if there are several or it may be a slip of one step.
    - `expected`: the right numbers of the first deviating step, from the student's own row before it, if released.
    """

    correct: bool
    steps: int | None
    rows: int
    right_steps: int
    first_wrong: int | None
    text: Text
    shown_with_start: bool
    transposed: bool = False
    numbered: bool = False
    every: str = "step"
    mistake: str | None = None
    candidates: tuple[str, ...] = ()
    expected: tuple[float, ...] | None = None

    @property
    def where(self) -> Text:
        """Where the first deviating step is, and nothing of its cause."""
        if self.correct:
            return words.EVERY_STEP
        if self.first_wrong is None:
            return Text("No step deviates, but the run has another length.", "各步都没有偏差，但步数不对。")
        if self.first_wrong == 0:
            return Text("The start is not the given one.", "初始值与题目不符。")
        return Text(f"Step {self.first_wrong} is the first that deviates.", f"从第 {self.first_wrong} 步开始出现偏差。")


def check_run(problem: Problem[Any], p: Mapping[str, Any], pasted: Pasted, *, reveal: bool = False) -> TraceReport:
    """The report on a pasted run of a problem that has a `tracing`; with the right row only if `reveal`.

    Raises `FormatError` when the table has the wrong width, or too few digits to tell anything, and `ValueError` for a
    problem without iterations.
    """
    if problem.tracing is None:
        raise ValueError(f"{problem.id} has no iterations")
    right = problem.tracing.run(p)
    readings = [_Check(problem, p, right, table, reveal=reveal).report() for table in tables(pasted, right.shape[1])]
    return max(readings, key=lambda report: (report.correct, report.right_steps))


class _Check:
    """One way to read the table."""

    def __init__(
        self, problem: Problem[Any], p: Mapping[str, Any], right: Array, table: Table, *, reveal: bool
    ) -> None:
        assert problem.tracing is not None
        self._problem = problem
        self._tracing: Tracing[Any] = problem.tracing
        self._p = p
        self._right = right
        self._table = table
        self._reveal = reveal
        self._with_start = is_start(table, right[0])

    @property
    def _asked(self) -> int:
        return len(self._right) - 1

    @property
    def _shown(self) -> int:
        return len(self._table.pasted.values) - self._with_start

    def report(self) -> TraceReport:
        history = history_of(self._table, self._right[0], with_start=self._with_start, grid=self._tracing.grid)
        if not self._tracing.may_rest:
            history = history.until(self._asked)
        judged = judge(self._tracing, self._p, history)
        if judged.first_wrong is not None:
            if self._tracing.grid is not None:
                refuse_coarse(self._table, self._tracing.grid)
            for special in (self._sampled, self._own_start):
                if (found := special(judged)) is not None:
                    return found
        return self._step_by_step(judged)

    def _made(self, judged: Judged, text: list[Text], *, complete: bool, **members: Any) -> TraceReport:
        members = {"right_steps": judged.right_steps, "first_wrong": judged.first_wrong} | members
        return TraceReport(
            correct=complete and members["first_wrong"] is None,
            steps=None if self._tracing.may_rest else self._asked,
            rows=self._shown,
            shown_with_start=self._with_start,
            transposed=self._table.transposed,
            numbered=self._table.numbered,
            text=words.joined([*([words.TRANSPOSED] if self._table.transposed else []), *text]),
            **members,
        )

    # Step by step

    def _step_by_step(self, judged: Judged) -> TraceReport:
        first = judged.first_wrong
        if first is None:
            text, complete = self._count_words()
            return self._made(judged, [text], complete=complete)
        cause = find_cause(self._tracing, self._p, judged)
        said = [words.right_so_far(first - 1), *self._cause_words(cause, judged, first), words.later(judged, first)]
        return self._made(
            judged,
            [text for text in said if text is not None],
            complete=False,
            mistake=cause.id,
            candidates=() if cause.mistakes == (cause.id,) else cause.mistakes,
            expected=tuple(judged.following[first - 1].tolist()) if self._reveal else None,
        )

    def _count_words(self) -> tuple[Text, bool]:
        """No step deviates: whether there are as many as are asked for."""
        shown, asked, may_rest = self._shown, self._asked, self._tracing.may_rest
        last = self._table.pasted.values[-1]
        if shown == 0:
            return words.NO_STEP, False
        at_rest = may_rest and bool((np.abs(self._right[shown:] - last) < 1e-9).all())
        extra = self._table.pasted.values[self._with_start + asked :]
        resting = may_rest and bool((np.abs(extra - self._right[-1]) < 1e-9).all())
        if shown == asked or (shown < asked and at_rest) or (shown > asked and resting):
            return words.EVERY_STEP, True
        if shown < asked:
            return words.unfinished(shown, None if may_rest else asked), False
        return words.too_long(asked, shown), False

    def _cause_words(self, cause: Cause, judged: Judged, step: int) -> Iterator[Text | None]:
        mistakes = [self._problem.mistake(name) for name in cause.mistakes]
        if cause.happening is not None:
            yield words.happened(cause.happening, step)
            if len(mistakes) == 1:
                yield words.fitting(mistakes[0], likely=cause.likely)
            return
        if len(mistakes) > 1:
            yield words.several(mistakes, step)
        elif mistakes:
            yield words.goes_wrong(mistakes[0], step)
        else:
            yield words.unknown(judged, step)
        with np.errstate(all="ignore"):
            yield self._tracing.context(self._p, judged.history.rows[:step])

    # A start of one's own

    def _own_start(self, judged: Judged) -> TraceReport | None:
        """The first row is neither the start nor the first step, and what follows it is right: another start."""
        if self._with_start or judged.first_wrong != 1:
            return None
        rows = len(self._table.pasted.values)
        first = self._table.pasted.values[0]
        likely = rows == self._asked + 1 or (rows != self._asked and bool((first == first[0]).all()))
        if not likely or rows < 2:
            return None
        history = own_history(self._table, self._tracing.grid).until(self._asked)
        own = judge(self._tracing, self._p, history)
        if own.first_wrong == 1:
            return None
        ones = bool((first == 1).all()) and any(each.id == "start-at-ones" for each in self._problem.mistakes)
        return self._made(
            judged,
            words.own_start(self._right[0], own.first_wrong),
            complete=False,
            right_steps=0,
            first_wrong=0,
            mistake="start-at-ones" if ones else "other-start",
        )

    # Rows that are not steps

    def _sampled(self, judged: Judged) -> TraceReport | None:
        """One row for each pass, or for each update, instead of one for each step."""
        moved = np.flatnonzero((self._right[1:] != self._right[:-1]).any(axis=1)) + 1
        length = self._tracing.pass_length(self._p)
        passes = np.arange(length, self._asked + 1, length) if length and length < self._asked else np.array([], int)
        updates = moved if self._tracing.grid is not None and len(moved) < self._asked else np.array([], int)
        for every, places in (("pass", passes), ("update", updates)):
            if self._shown > len(places) or not len(places):
                continue  # more rows than there are passes or updates
            shown = judged.history.steps
            rows = judged.history.rows[1 : shown + 1]
            near = np.abs(rows - self._right[places[:shown]]) <= 2 * judged.history.units[1 : shown + 1] + 1e-9
            right = int(np.argmin([*near.all(axis=1).tolist(), False]))
            if right > max(judged.right_steps, 0 if every == "pass" else 1):
                return self._sampled_report(judged, every, right, len(places))
        return None

    def _sampled_report(self, judged: Judged, every: str, right: int, asked: int) -> TraceReport:
        shown = self._shown
        complete = right == shown == asked
        said = words.no_steps(every, right, shown, asked)
        wrong = None if right == shown else right + 1
        return self._made(judged, said, complete=complete, every=every, right_steps=right, first_wrong=wrong)
