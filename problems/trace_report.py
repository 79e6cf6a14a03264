"""“Check my run”: what is said about a whole run that a student pastes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from problems.families import FAMILIES
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
            return Text("Every step is right.", "每一步都正确。")
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
            text=_joined([*self._layout_words(), *text]),
            **members,
        )

    def _layout_words(self) -> Iterator[Text]:
        if self._table.transposed:
            yield Text("Read with one step a column.", "按每列一步读取。")

    # Step by step

    def _step_by_step(self, judged: Judged) -> TraceReport:
        first = judged.first_wrong
        if first is None:
            text, complete = self._count_words()
            return self._made(judged, text, complete=complete)
        cause = find_cause(self._tracing, self._p, judged)
        words = [_right_words(first - 1), *self._cause_words(cause, judged, first), *_later_words(judged, first)]
        return self._made(
            judged,
            [text for text in words if text is not None],
            complete=False,
            mistake=cause.id,
            candidates=() if cause.mistakes == (cause.id,) else cause.mistakes,
            expected=tuple(judged.following[first - 1].tolist()) if self._reveal else None,
        )

    def _count_words(self) -> tuple[list[Text], bool]:
        """No step deviates: whether there are as many as are asked for."""
        shown, asked = self._shown, self._asked
        last = self._table.pasted.values[-1]
        if shown == 0:
            return [Text("Only the start is shown, and no step.", "这里只有初始值，没有任何一步。")], False
        at_rest = self._tracing.may_rest and bool((np.abs(self._right[shown:] - last) < 1e-9).all())
        extra = self._table.pasted.values[self._with_start + asked :]
        resting = self._tracing.may_rest and bool((np.abs(extra - self._right[-1]) < 1e-9).all())
        if shown == asked or (shown < asked and at_rest) or (shown > asked and resting):
            return [Text("Every step is right.", "每一步都正确。")], True
        if shown < asked and self._tracing.may_rest:
            return [
                Text(
                    f"{_steps_en(shown)} right so far, but the run is not at its end: a later sample still changes the "
                    "weights.",
                    f"到第 {shown} 步为止都正确，但迭代还没有结束：后面仍有样本会改变权重。",
                )
            ], False
        if shown < asked:
            return [
                Text(
                    f"{_steps_en(shown)} right so far, and the run ends there: {asked} steps are asked for.",
                    f"到第 {shown} 步为止都正确，但迭代到此结束了：本题要求 {asked} 步。",
                )
            ], False
        return [
            Text(
                f"The {asked} steps that are asked for are right; your run goes on after them, to step {shown}. "
                f"The answer is the row of step {asked}.",
                f"本题要求的 {asked} 步都正确，但你一直做到了第 {shown} 步；答案应是第 {asked} 步的结果。",
            )
        ], False

    def _cause_words(self, cause: Cause, judged: Judged, step: int) -> Iterator[Text | None]:
        happening, one = cause.happening, len(cause.mistakes) == 1
        if cause.mistakes and not one and happening is None:
            yield self._several_words(cause.mistakes, step)
        elif happening is not None:
            yield Text(
                f"Step {step} is what you get when {happening.clause.en}.",
                f"第 {step} 步的结果相当于：{happening.clause.zh}。",
            )
            if one:
                yield self._fitting_words(cause)
        elif one:
            told = self._problem.mistake(cause.mistakes[0]).text
            yield Text(f"Step {step} goes wrong as follows. {told.en}", f"第 {step} 步出错了：{told.zh}")
        else:
            yield _unknown_words(judged, step)
        if happening is None:
            with np.errstate(all="ignore"):
                yield self._tracing.context(self._p, judged.history.rows[:step])

    def _fitting_words(self, cause: Cause) -> Text:
        """The one mistake by which what happened in the step can be explained."""
        told = self._problem.mistake(cause.mistakes[0]).text
        if cause.likely:
            return Text(f"That comes from this mistake: {told.en}", f"这是由下面的错误造成的：{told.zh}")
        return Text(f"It would fit this mistake: {told.en}", f"这可能出于下面的错误：{told.zh}")

    def _several_words(self, names: tuple[str, ...], step: int) -> Text:
        """Two mistakes are both told; of more, what they have in common."""
        families = {self._problem.mistake(name).family for name in names}
        if len(names) > 2 and len(families) == 1 and (family := FAMILIES.get(families.pop())) is not None:
            return Text(
                f"Several mistakes lead to step {step}; all of them concern {family.name.en}.",
                f"有几种错误都会得到第 {step} 步的结果，它们都与{family.name.zh}有关。",
            )
        first, second = (self._problem.mistake(name).text for name in names[:2])
        return Text(
            f"More than one mistake leads to step {step}. It may be this: {first.en} Or this: {second.en}",
            f"不止一种错误会得到第 {step} 步的结果。可能是：{first.zh}也可能是：{second.zh}",
        )

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
        start = ", ".join(f"{component:g}" for component in (self._right[0] + 0.0).tolist())
        head = Text(f"Your first row is not the start ({start}).", f"你的第一行不是初始值 ({start})。")
        if own.first_wrong is None:
            tail = Text("From your own start, every step is right.", "从你自己的初始值出发，每一步都正确。")
        else:
            tail = Text(
                f"From your own start, step {own.first_wrong} is the first that deviates.",
                f"从你自己的初始值出发，第 {own.first_wrong} 步开始出现偏差。",
            )
        ones = bool((first == 1).all()) and any(each.id == "start-at-ones" for each in self._problem.mistakes)
        return self._made(
            judged,
            [head, tail],
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
        names = {"pass": ("pass over the data", "一遍数据"), "update": ("update", "一次更新")}[every]
        words = [Text(f"Your rows show one {names[0]} each, not one step.", f"你的每一行对应{names[1]}，而不是一步。")]
        complete = right == shown == asked
        if complete:
            words.append(Text("All of them are right.", "各行都正确。"))
        elif right == shown:
            words.append(
                Text(
                    f"All {shown} are right so far; there should be {asked}.",
                    f"这 {shown} 行都正确，但一共应有 {asked} 行。",
                )
            )
        else:
            words.append(
                Text(
                    f"The first {right} of them are right, and row {right + 1} is not. Paste every step to see where "
                    "it begins.",
                    f"前 {right} 行正确，第 {right + 1} 行不对。粘贴每一步的结果，就能看出从哪里开始出错。",
                )
            )
        wrong = None if right == shown else right + 1
        return self._made(judged, words, complete=complete, every=every, right_steps=right, first_wrong=wrong)


def _steps_en(count: int) -> str:
    return "Step 1 is" if count == 1 else f"Steps 1–{count} are"


def _right_words(count: int) -> Text | None:
    if count == 0:
        return None
    return Text(f"{_steps_en(count)} right.", "第 1 步正确。" if count == 1 else f"第 1–{count} 步正确。")


def _unknown_words(judged: Judged, step: int) -> Text:
    off = np.abs(judged.history.rows[step] - judged.following[step - 1])
    wrong = [j + 1 for j in np.flatnonzero(~(off <= judged.tolerance[step - 1])).tolist()]
    before_en, before_zh = (f"step {step - 1}", f"第 {step - 1} 步") if step > 1 else ("the start", "初始值")
    if len(wrong) == len(off):
        return Text(
            f"Step {step} does not follow from {before_en}; every component deviates.",
            f"由{before_zh}得不到第 {step} 步的结果：所有分量都有偏差。",
        )
    listed = ", ".join(map(str, wrong))
    return Text(
        f"Step {step} does not follow from {before_en}: look at component {listed} (counted from 1).",
        f"由{before_zh}得不到第 {step} 步的结果：请检查第 {listed} 个分量（从 1 数起）。",
    )


def _later_words(judged: Judged, step: int) -> list[Text]:
    """Whether what comes after the first deviating step follows from it."""
    later = judged.wrong[step:]
    if not later.size:
        return []
    if not later.any():
        return [Text("Every later step follows rightly from it.", "此后的每一步都由它正确推出。")]
    return []


def _joined(texts: list[Text]) -> Text:
    return Text(" ".join(text.en for text in texts), "".join(text.zh for text in texts))
