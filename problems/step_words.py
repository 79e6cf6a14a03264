"""Clauses on what may have happened in one step, to stand after “when”; samples and steps are counted from 1."""

from problems.text import Text


def margin_in_words(margin: float, threshold: float) -> str:
    """The margin with as few digits as keep it on its side of the threshold."""
    for digits in (2, 3, 4, 6, 9):
        rounded = round(margin, digits)
        if (rounded > threshold) == (margin > threshold) and (rounded != threshold or margin == threshold):
            return f"{rounded + 0.0:g}"
    return f"{margin:.15g}"


def sample_skipped(sample: int, margin: float | None = None, threshold: float = 1.0) -> Text:
    if margin is None:
        return Text(f"sample {sample} is skipped", f"跳过了样本 {sample}")
    shown = margin_in_words(margin, threshold)
    return Text(
        f"sample {sample} is skipped although its margin is {shown}",
        f"跳过了样本 {sample}，尽管它的间隔是 {shown}",
    )


def sample_used(sample: int, margin: float, threshold: float = 1.0) -> Text:
    shown = margin_in_words(margin, threshold)
    return Text(
        f"sample {sample} is used although its margin is {shown}",
        f"用了样本 {sample}，尽管它的间隔是 {shown}",
    )


def other_sample(used: int, due: int) -> Text:
    return Text(
        f"sample {used} is used although it is the turn of sample {due}",
        f"用了样本 {used}，而这一步应轮到样本 {due}",
    )


NOTHING_MOVED = Text("the weights are left as they were", "权重没有更新")

TWO_STEPS = Text("two steps are made at once, so that a row is missing", "一次走了两步，漏掉了中间的一行")


def turn(step: int, sample: int, margin: float, threshold: float = 1.0) -> Text:
    """A sentence of its own."""
    shown = margin_in_words(margin, threshold)
    return Text(
        f"Step {step} is the turn of sample {sample}; before it, the margin of this sample is {shown}.",
        f"第 {step} 步轮到样本 {sample}；更新前它的间隔是 {shown}。",
    )
