"""The sentences in which a run is reported on; steps and components are counted from 1."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from problems.families import FAMILIES
from problems.problem import Mistake
from problems.text import Text
from problems.tracing import Array, Happening, Judged

EVERY_STEP = Text("Every step is right.", "每一步都正确。")
NO_STEP = Text("Only the start is shown, and no step.", "这里只有初始值，没有任何一步。")
TRANSPOSED = Text("Read with one step a column.", "按每列一步读取。")


def unfinished(shown: int, asked: int | None) -> Text:
    """All right, but not all that is asked for; `asked` is None where finding the end is part of the exercise."""
    if asked is None:
        return Text(
            f"{_steps_are(shown)} right so far, but the run is not at its end: a later sample still changes the "
            "weights.",
            f"到第 {shown} 步为止都正确，但迭代还没有结束：后面仍有样本会改变权重。",
        )
    return Text(
        f"{_steps_are(shown)} right so far, and the run ends there: {asked} steps are asked for.",
        f"到第 {shown} 步为止都正确，但迭代到此结束了：本题要求 {asked} 步。",
    )


def too_long(asked: int, shown: int) -> Text:
    return Text(
        f"The {asked} steps that are asked for are right; your run goes on after them, to step {shown}. "
        f"The answer is the row of step {asked}.",
        f"本题要求的 {asked} 步都正确，但你一直做到了第 {shown} 步；答案应是第 {asked} 步的结果。",
    )


def right_so_far(count: int) -> Text | None:
    if count == 0:
        return None
    return Text(f"{_steps_are(count)} right.", "第 1 步正确。" if count == 1 else f"第 1–{count} 步正确。")


def goes_wrong(mistake: Mistake[Any], step: int) -> Text:
    told = mistake.text
    return Text(f"Step {step} goes wrong as follows. {told.en}", f"第 {step} 步出错了：{told.zh}")


def happened(happening: Happening, step: int) -> Text:
    clause = happening.clause
    return Text(f"Step {step} is what you get when {clause.en}.", f"第 {step} 步的结果相当于：{clause.zh}。")


def fitting(mistake: Mistake[Any], *, likely: bool) -> Text:
    """The one mistake by which what happened in the step can be explained."""
    told = mistake.text
    if likely:
        return Text(f"That comes from this mistake: {told.en}", f"这是由下面的错误造成的：{told.zh}")
    return Text(f"It would fit this mistake: {told.en}", f"这可能出于下面的错误：{told.zh}")


def several(mistakes: Sequence[Mistake[Any]], step: int) -> Text:
    """Two mistakes are both told; of more, what they have in common."""
    families = {mistake.family for mistake in mistakes}
    if len(mistakes) > 2 and len(families) == 1 and (family := FAMILIES.get(families.pop())) is not None:
        return Text(
            f"Several mistakes lead to step {step}; all of them concern {family.name.en}.",
            f"有几种错误都会得到第 {step} 步的结果，它们都与{family.name.zh}有关。",
        )
    first, second = (mistake.text for mistake in mistakes[:2])
    return Text(
        f"More than one mistake leads to step {step}. It may be this: {first.en} Or this: {second.en}",
        f"不止一种错误会得到第 {step} 步的结果。可能是：{first.zh}也可能是：{second.zh}",
    )


def unknown(judged: Judged, step: int) -> Text:
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


def later(judged: Judged, step: int) -> Text | None:
    """Whether what comes after the first deviating step follows from it."""
    after = judged.wrong[step:]
    if not after.size or after.any():
        return None
    return Text("Every later step follows rightly from it.", "此后的每一步都由它正确推出。")


def own_start(given: Array, first_wrong: int | None) -> list[Text]:
    """The run begins elsewhere than at the `given` start; judged from there, this is the first step that deviates."""
    start = ", ".join(f"{component:g}" for component in (given + 0.0).tolist())
    head = Text(f"Your first row is not the start ({start}).", f"你的第一行不是初始值 ({start})。")
    if first_wrong is None:
        return [head, Text("From your own start, every step is right.", "从你自己的初始值出发，每一步都正确。")]
    tail = Text(
        f"From your own start, step {first_wrong} is the first that deviates.",
        f"从你自己的初始值出发，第 {first_wrong} 步开始出现偏差。",
    )
    return [head, tail]


def no_steps(every: str, right: int, shown: int, asked: int) -> list[Text]:
    """The rows are passes or updates: so many are right, shown, and should be there."""
    name = {"pass": Text("pass over the data", "一遍数据"), "update": Text("update", "一次更新")}[every]
    head = Text(f"Your rows show one {name.en} each, not one step.", f"你的每一行对应{name.zh}，而不是一步。")
    if right == shown == asked:
        return [head, Text("All of them are right.", "各行都正确。")]
    if right == shown:
        tail = Text(
            f"All {shown} are right so far; there should be {asked}.", f"这 {shown} 行都正确，但一共应有 {asked} 行。"
        )
    else:
        tail = Text(
            f"The first {right} of them are right, and row {right + 1} is not. Paste every step to see where "
            "it begins.",
            f"前 {right} 行正确，第 {right + 1} 行不对。粘贴每一步的结果，就能看出从哪里开始出错。",
        )
    return [head, tail]


def joined(texts: Sequence[Text]) -> Text:
    return Text(" ".join(text.en for text in texts), "".join(text.zh for text in texts))


def _steps_are(count: int) -> str:
    return "Step 1 is" if count == 1 else f"Steps 1–{count} are"
