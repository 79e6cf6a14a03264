"""Whole runs held against the method: clean ones raise no alarm, and of wrong ones the first wrong step is found.

The full counts are `soak`; the same with fewer runs belongs to every test run.
"""

import contextlib
import time
from collections import Counter
from typing import Any

import numpy as np
import pytest

from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.grading import grade
from problems.problem import Problem
from problems.reading import FormatError
from problems.trace_reading import read_trace
from problems.trace_report import TraceReport, check_run
from problems.tracing import Array
from problems.variant import Variant

TRACED = [problem for problem in catalogue().values() if problem.tracing]
IDS = [problem.id for problem in TRACED]
DIGITS = (3, 4, 6, 15)

HAPPENINGS = {"sample-skipped", "sample-counted", "other-sample", "no-move", "two-steps"}

# What these accumulate depends on the steps before, which in a run that is checked step by step were right ones.
WITH_MEMORY = {("1.8", "stale-velocity"), ("c2.5", "first-sample-skipped"), ("1.10", "starts-at-second")}


def csv(rows: Array, decimals: int = 6, *, style: str = "f") -> str:
    return "\n".join(",".join(f"{cell:.{decimals}{style}}" for cell in row) for row in rows.tolist())


def right_run(variant: Variant[Any]) -> Array:
    return variant.problem.tracing.run(variant.parameters)


def carried_on(variant: Variant[Any], rows: list[Array], steps: int, *, rule: Any = None, decimals: int | None = None):
    """The rows and right steps (or those of another rule) from them, rounded as they go where `decimals` are given."""
    rule = rule or variant.problem.tracing.next_rows
    while len(rows) <= steps:
        following = rule(variant.parameters, np.array(rows))[-1]
        rows = [*rows, following if decimals is None else np.round(following, decimals)]
    return np.array(rows)


def report(variant: Variant[Any], pasted: Any, **options: Any) -> TraceReport:
    return check_run(variant.problem, variant.parameters, read_trace(pasted), **options)


def show_all_ways(variant: Variant[Any]) -> list[str]:
    """Clean runs: rounded for show (to decimals, to significant digits), cut off, rounded at every step, single."""
    rows = right_run(variant)
    shown = [csv(rows.astype(np.float32).astype(float), 9), csv(rows[1:], 6)]
    for digits in DIGITS:
        shown += [csv(rows, digits), csv(rows, digits, style="g")]
        if digits < 10:
            shown.append(csv(np.trunc(rows * 10**digits) / 10**digits, digits))
            shown.append(csv(carried_on(variant, [rows[0]], len(rows) - 1, decimals=digits), digits, style="g"))
            loses_zeros = carried_on(variant, [rows[0]], len(rows) - 1, decimals=digits)
            shown.append("\n".join(" ".join(f"{cell:.15g}" for cell in row) for row in loses_zeros.tolist()))
    return shown


@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_the_steps_of_the_method_make_its_run(problem: Problem[Any]) -> None:
    for seed in range(8):
        variant = deal(problem, seed)
        rows = right_run(variant)
        following = problem.tracing.next_rows(variant.parameters, rows[:-1])
        np.testing.assert_allclose(following, rows[1:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_a_mistake_at_every_step_is_the_mistake_of_the_final_answer(problem: Problem[Any]) -> None:
    """One declaration, two uses. AdaGrad's sum remembers the right gradients, so 1.9 is compared in its first step."""
    for mistake in problem.tracing.mistakes:
        if (problem.id, mistake.id) in WITH_MEMORY or problem.id in {"1.9", "c3.1"}:
            problem.mistake(mistake.id)  # has words
            continue
        for seed in (0, 1, 2):
            variant = deal(problem, seed)
            with np.errstate(all="ignore"):
                rows = carried_on(
                    variant, [right_run(variant)[0]], len(right_run(variant)) - 1, rule=mistake.wrong_next
                )
                try:
                    answer = np.asarray(problem.mistake(mistake.id).answers(variant.parameters)["w"])
                except ValueError:
                    assert not np.isfinite(rows[-1]).all()
                    continue
            np.testing.assert_allclose(rows[-1], answer, rtol=1e-7, atol=1e-9, err_msg=f"{mistake.id}, seed {seed}")


@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_clean_runs_raise_no_alarm(problem: Problem[Any]) -> None:
    no_alarms(problem, range(6))


@pytest.mark.soak
@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_ten_thousand_clean_runs_raise_no_alarm(problem: Problem[Any]) -> None:
    no_alarms(problem, range(10_000 // (9 * 15) + 1))


def no_alarms(problem: Problem[Any], seeds: range) -> None:
    for seed in seeds:
        variant = deal(problem, seed)
        for shown in show_all_ways(variant):
            found = report(variant, shown)
            assert found.first_wrong is None, (seed, found.text.en, shown)
            assert found.correct, (seed, found.text.en, shown)


# Seeded errors


def seeded(variant: Variant[Any], rng: np.random.Generator, decimals: int):
    """A run with one wrong step, rounded for show, its step, and the mistake: right before, and right from there on.

    A wrong order goes on: for one step it only means that another sample had its turn. None where the digits would hide
    the error, or another mistake of the exercise leads to the same row.
    """
    tracing, p = variant.problem.tracing, variant.parameters
    right = right_run(variant)
    step = int(rng.integers(1, len(right)))
    mistake = tracing.mistakes[int(rng.integers(len(tracing.mistakes)))]
    before = right[:step]
    with np.errstate(all="ignore"):
        nexts = {each.id: each.wrong_next(p, before)[-1] for each in tracing.mistakes}
    wrong = nexts.pop(mistake.id)
    visible = 20 * 10.0**-decimals
    if not np.abs(wrong - right[step]).max() > visible or np.abs(wrong).max() > 1e3:
        return None
    unique = all(not np.abs(other - wrong).max() <= visible for other in nexts.values())
    in_order = variant.problem.mistake(mistake.id).family not in {"order", "samples"}
    with np.errstate(all="ignore"):
        rows = carried_on(variant, [*before, wrong], len(right) - 1, rule=None if in_order else mistake.wrong_next)
    return csv(rows, decimals), step, mistake.id, unique


def count_causes(problem: Problem[Any], runs: int, seed: int) -> Counter[str]:
    """How many runs there were, and of how many the step was found and the cause named."""
    rng = np.random.default_rng(seed)
    counted: Counter[str] = Counter()
    while counted["runs"] < runs:
        variant = deal(problem, int(rng.integers(1, 40)))
        made = seeded(variant, rng, int(rng.choice(DIGITS)))
        if made is None:
            continue
        shown, step, mistake, unique = made
        found = report(variant, shown)
        counted["runs"] += 1
        counted["step"] += found.first_wrong == step
        counted["unique"] += unique
        counted["named"] += unique and found.mistake == mistake
        counted["told"] += mistake in {found.mistake, *found.candidates} or found.mistake in HAPPENINGS
    return counted


@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_the_first_wrong_step_is_found_and_its_cause(problem: Problem[Any]) -> None:
    counted = count_causes(problem, 60, seed=1)
    assert counted["step"] >= 0.98 * counted["runs"], counted
    assert counted["named"] >= 0.9 * counted["unique"], counted
    assert counted["told"] >= 0.9 * counted["runs"], counted


@pytest.mark.soak
@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_of_many_errors_the_step_and_the_cause_are_found(problem: Problem[Any]) -> None:
    counted = count_causes(problem, 2_000, seed=2)
    print(problem.id, dict(counted))  # noqa: T201 - the figures of the soak run
    assert counted["step"] >= 0.99 * counted["runs"], counted
    assert counted["named"] >= 0.9 * counted["unique"], counted
    assert counted["told"] >= 0.9 * counted["runs"], counted


@pytest.mark.parametrize("problem", TRACED, ids=IDS)
def test_a_number_that_no_mistake_explains_gets_no_name(problem: Problem[Any]) -> None:
    rng = np.random.default_rng(3)
    named = 0
    for seed in range(1, 41):
        variant = deal(problem, seed)
        right = right_run(variant)
        step = int(rng.integers(1, len(right)))
        grid = problem.tracing.grid or 1e-4
        bumped = np.rint((right[step] + rng.uniform(0.1, 2, right.shape[1])) / grid) * grid
        if np.abs(bumped - right[step]).max() < 2 * grid:
            continue
        found = report(variant, csv(carried_on(variant, [*right[:step], bumped], len(right) - 1), 4))
        assert found.first_wrong == step
        named += found.mistake is not None
    assert named <= 1


# The words


def test_a_skipped_sample_is_said_with_its_margin() -> None:
    variant = deal(find("1.7"), 0)
    right = right_run(variant)
    skipped = next(t for t in range(8, 70) if (right[t + 1] != right[t]).any())
    found = report(variant, csv(carried_on(variant, [*right[: skipped + 1], right[skipped]], len(right) - 1)))
    sample = skipped % 8 + 1
    assert found.first_wrong == skipped + 1
    sentence = (
        f"Steps 1–{skipped} are right. Step {skipped + 1} is what you get when sample {sample} is skipped although"
    )
    assert found.text.en.startswith(sentence)
    assert found.text.zh.startswith(
        f"第 1–{skipped} 步正确。第 {skipped + 1} 步的结果相当于：跳过了样本 {sample}，尽管"
    )
    assert found.text.en.endswith("Every later step follows rightly from it.")


def test_a_sample_that_is_skipped_once_is_no_mistake_of_the_whole_run() -> None:
    """In 1.6 a step in which nothing moves is also what the reversed margin leads to; all other steps speak against it.

    Who reverses the margin throughout is told so.
    """
    variant = deal(find("1.6"), 1)
    right = right_run(variant)
    found = report(variant, csv(carried_on(variant, [*right[:3], right[2]], len(right) - 1)))
    assert (found.first_wrong, found.mistake) == (3, "no-move")
    assert "margin-reversed" in found.candidates
    assert found.text.en.startswith(
        "Steps 1–2 are right. Step 3 is what you get when the weights are left as they were."
    )
    reversed_ = next(each for each in variant.problem.tracing.mistakes if each.id == "margin-reversed")
    found = report(variant, csv(carried_on(variant, [right[0]], len(right) - 1, rule=reversed_.wrong_next)))
    assert found.first_wrong == 1
    assert "margin-reversed" in {found.mistake, *found.candidates}


def test_a_mistake_that_goes_on_is_told_from_those_that_begin_alike() -> None:
    """At step 1 the last sample is used by two mistakes; only one of them goes on downwards."""
    variant = deal(find("1.7"), 4)
    rules = {mistake.id: mistake.wrong_next for mistake in variant.problem.tracing.mistakes}
    right = right_run(variant)
    for name in ("reversed-order", "starts-at-last"):
        found = report(variant, csv(carried_on(variant, [right[0]], len(right) - 1, rule=rules[name])))
        assert (found.first_wrong, found.mistake) == (1, name)


# Shapes


VARIANT = deal(find("1.7"), 3)
RIGHT = right_run(VARIANT)
STEPS = len(RIGHT) - 1
ONES = np.ones(4)
NUMBERED = np.hstack([np.arange(STEPS + 1)[:, None], RIGHT])


@pytest.mark.parametrize(
    ("rows", "verdict", "said", "members"),
    [
        (RIGHT, True, "Every step is right.", {"shown_with_start": True, "rows": STEPS}),
        (RIGHT[1:], True, "Every step is right.", {"shown_with_start": False, "rows": STEPS}),
        (RIGHT.T, True, "Read with one step a column. Every step is right.", {"transposed": True}),
        (NUMBERED, True, "Every step is right.", {"numbered": True}),
        (NUMBERED[1:], True, "Every step is right.", {"numbered": True, "shown_with_start": False}),
        (NUMBERED.T, True, "one step a column", {"numbered": True, "transposed": True}),
        (RIGHT[:20], False, "Steps 1–19 are right so far", {"right_steps": 19, "first_wrong": None}),
        (RIGHT[:1], False, "Only the start is shown", {"rows": 0}),
        (np.vstack([RIGHT, RIGHT[-1:]]), False, f"your run goes on after them, to step {STEPS + 1}", {}),
        (RIGHT[::10], True, "one pass over the data each", {"every": "pass"}),
        (RIGHT[10::10], True, "one pass over the data each", {"every": "pass"}),
        (RIGHT[:40:10], False, "All 3 are right so far", {"every": "pass", "right_steps": 3}),
        (np.vstack([RIGHT[:30:10], RIGHT[30::10] + 0.1]), False, "row 3 is not", {"every": "pass", "first_wrong": 3}),
    ],
)
def test_how_the_rows_stand_is_found_out(rows: Array, verdict: Any, said: str, members: dict[str, Any]) -> None:
    found = report(VARIANT, csv(rows, 5).replace(".00000", "") if rows.shape[1] == 5 else csv(rows, 5))
    assert said in found.text.en
    assert found.correct is verdict
    assert {name: getattr(found, name) for name in members} == members


def test_another_start_is_told_from_a_wrong_first_step() -> None:
    found = report(VARIANT, csv(carried_on(VARIANT, [ONES], STEPS)))
    assert (found.first_wrong, found.mistake) == (0, "start-at-ones")
    assert found.text.en == "Your first row is not the start (0, 0, 0, 0). From your own start, every step is right."
    found = report(VARIANT, csv(carried_on(VARIANT, [RIGHT[0], ONES], STEPS)[1:]))
    assert found.first_wrong == 1


def test_the_perceptron_may_show_its_updates_only() -> None:
    variant = deal(find("c3.1"), 2)
    rows = right_run(variant)
    moved = rows[[True, *(rows[1:] != rows[:-1]).any(axis=1)]]
    assert report(variant, csv(moved, 0)).every == "update"
    assert report(variant, csv(moved, 0)).correct
    rests = np.vstack([rows, np.tile(rows[-1], (6, 1))])
    assert report(variant, csv(rests, 0)).correct
    assert report(variant, csv(rests, 0)).steps is None  # how many visits it takes is part of the question


def test_digits_too_few_for_the_grid_are_refused() -> None:
    variant = deal(find("1.10"), 3)
    with pytest.raises(FormatError, match="too few"):
        report(variant, csv(np.round(right_run(variant) + 0.3, 0), 0))


def test_the_right_row_is_told_only_when_it_is_released() -> None:
    wrong = csv(np.vstack([RIGHT[:8], RIGHT[8:] + 0.1]), 6)
    assert report(VARIANT, wrong).expected is None
    np.testing.assert_allclose(report(VARIANT, wrong, reveal=True).expected, RIGHT[8], atol=1e-5)


@pytest.mark.parametrize(
    ("detail", "told"), [("verdict", "Not right."), ("parts", "Step 8 is the first that deviates.")]
)
def test_less_is_told_where_the_policy_says_so(detail: Any, told: str) -> None:
    wrong = csv(np.vstack([RIGHT[:8], RIGHT[7:-1]]), 6)
    graded = grade(VARIANT, "open", {"w": RIGHT[-1].tolist(), "trace": wrong}, detail=detail)
    assert graded.correct
    assert graded.fields[-1].feedback.en == told
    assert graded.fields[-1].mistake is None


def test_a_run_that_explodes_is_judged_all_the_same() -> None:
    for problem in TRACED:
        size = len(deal(problem, 1).parameters["w0"])
        rows = [[0.0] * size, [1e308] * size, [-1e308] * size, [1.0] * size]
        with contextlib.suppress(FormatError):  # of the perceptron: 1e308 has too few digits
            assert not report(deal(problem, 1), rows).correct


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (RIGHT, "W⁽⁰⁾, …, W⁽⁶⁰⁾"),
        (RIGHT[1:4], "W⁽¹⁾, …, W⁽³⁾"),
        (RIGHT[1:2], "W⁽¹⁾"),
        (RIGHT[:40:10], "0, …, 3"),
    ],
)
def test_what_was_read_is_shown_without_words(rows: Array, shown: str) -> None:
    """The same for readers of either language. Rows that stand for passes are only counted."""
    graded = grade(VARIANT, "open", {"w": RIGHT[-1].tolist(), "trace": csv(rows, 5)})
    assert graded.fields[-1].read_as == shown


# Reading


@pytest.mark.parametrize(
    "pasted",
    [
        "1,2\n3,4.5",
        "t,w1,w2\n1,2\n3,4.5",
        "# w1 w2\n1 2\n3 4.5\n",
        "W = [1 2; 3 4.5];",
        "W = [1 2;\n 3 4.5]",
        "np.array([[1., 2.],\n       [3., 4.5]], dtype=float32)",
        "[[1. 2.]\n [3. 4.5]]",
        "1\t2\r\n3\t4.5\r\n",
        "1;2\n3;4.5\n",
        "1 2; 3 4.5",
        "１，２\n３，４．５",
        "1, 2,\n3, 9/2,",
        '"1","2"\n"3","4.5"',
        [[1, 2], [3, 4.5]],
        [["1", 2], [3, "9/2"]],
    ],
)
def test_runs_are_read_from_everywhere(pasted: Any) -> None:
    assert read_trace(pasted).values.tolist() == [[1, 2], [3, 4.5]]


@pytest.mark.parametrize("pasted", ["", "w1, w2", [], [[]], [[], []], "array([1]" + ",dtype=1" * 100_000 + "[])"])
def test_what_is_no_run_is_refused_at_once(pasted: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(FormatError):
        read_trace(pasted)
    assert time.perf_counter() - started < 2


def test_the_unit_of_the_last_digit() -> None:
    """Of a fixed number of decimals, of which a spreadsheet drops zeros, and of significant digits: the coarser."""
    np.testing.assert_allclose(read_trace("0.5 0.123\n12.3 1").units, [[1e-3, 1e-3], [1e-1, 1e-2]])
    np.testing.assert_allclose(read_trace("0.527 12.346").units, [[1e-3, 1e-3]])
    np.testing.assert_allclose(read_trace("0.0123 1.22").units, [[1e-4, 1e-2]])
    assert read_trace("1.2345e-1 0").units.max() <= 1e-5


PIECES = [
    "0",
    "1.5",
    "-2",
    "1e5",
    "0e999999",
    "1e-99999",
    "1e" + "0" * 5000 + "1",
    ".",
    ",",
    ";",
    " ",
    "\t",
    "\n",
    "\r",
]
PIECES += [
    "[",
    "]",
    "(",
    ")",
    "{",
    "np.array(",
    ", dtype=float",
    "W = ",
    "# no",
    "%",
    "nan",
    "inf",
    "-",
    "+",
    "/",
    "1/0",
]
PIECES += ["7/2", "_", "1_0", "x", "...", "…", "\x00", "，", "－", "٣", "e", "E", "'", '"', "\u2028", "\ud800", "𝟙"]


@pytest.mark.parametrize("pieces", [3, 12, 60])
def test_whatever_is_pasted_is_read_or_refused(pieces: int) -> None:
    rng = np.random.default_rng(pieces)
    for _ in range(500):
        pasted = "".join(rng.choice(PIECES) for _ in range(pieces))
        with contextlib.suppress(FormatError):
            report(VARIANT, pasted)
