"""What of a result is shown to whom, and when."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest

from app.attempts.release import PRACTICE, RECEIVED, Moment, Released, ReleasePolicy, Standing, redacted, released
from app.attempts.result import AttemptResult, fields_json
from problems.catalogue import find
from problems.dealing import deal
from problems.grading import grade

DUE = datetime(2026, 11, 2, 12, tzinfo=UTC)
BEFORE, AFTER = DUE - timedelta(hours=1), DUE + timedelta(microseconds=1)
HIDDEN = Released(correctness=False, diagnosis=False, key=False, solution=False)
VERDICT = Released(correctness=True, diagnosis=False, key=False, solution=False)


def attempt(problem: str, seed: int, answers: dict[str, Any]) -> AttemptResult:
    result = grade(deal(find(problem), seed), "open", answers)
    return AttemptResult(
        id="a",
        problem=problem,
        version=1,
        seed=seed,
        form="open",
        answers=answers,
        score=result.score,
        max_score=result.max_score,
        correct=result.correct,
        fields=fields_json(result),
        created_at=DUE,
    )


def right(problem: str, seed: int) -> AttemptResult:
    return attempt(problem, seed, {"w": list(deal(find(problem), seed).solved["w"])})


def mistaken(problem: str, seed: int) -> AttemptResult:
    """An answer that a known mistake leads to."""
    variant = deal(find(problem), seed)
    result = attempt(problem, seed, {"w": list(variant.mistaken["one-step-fewer"]["w"])})
    assert result.fields[0]["mistake"] == "one-step-fewer"
    return result


def test_practice_shows_everything():
    assert released(PRACTICE, Standing(now=BEFORE)) == Released(
        correctness=True, diagnosis=True, key=True, solution=True
    )


@pytest.mark.parametrize(
    ("moment", "standing", "shown"),
    [
        ("at-once", Standing(now=BEFORE, due=DUE, attempts_left=3), True),
        ("after-last-attempt", Standing(now=BEFORE, due=DUE, attempts_left=1), False),
        ("after-last-attempt", Standing(now=BEFORE, due=DUE, attempts_left=0), True),
        ("after-last-attempt", Standing(now=BEFORE, due=DUE), False),
        ("after-last-attempt", Standing(now=AFTER, due=DUE, attempts_left=2), True),
        ("after-last-attempt", Standing(now=AFTER), False),
        ("after-due", Standing(now=BEFORE, due=DUE, attempts_left=0), False),
        ("after-due", Standing(now=DUE, due=DUE), False),
        ("after-due", Standing(now=AFTER, due=DUE), True),
        ("after-due", Standing(now=AFTER), False),
        ("never", Standing(now=AFTER, due=DUE, attempts_left=0), False),
    ],
)
def test_when_a_part_is_released(moment: Moment, standing: Standing, *, shown: bool):
    policy = ReleasePolicy(correctness=moment, diagnosis=moment, key=moment, solution=moment)
    assert released(policy, standing) == Released(correctness=shown, diagnosis=shown, key=shown, solution=shown)


def test_each_part_has_a_moment_of_its_own_but_a_diagnosis_waits_for_the_correctness():
    moments = get_args(Moment)
    for now, left in product((BEFORE, AFTER), (0, 1)):
        standing = Standing(now=now, due=DUE, attempts_left=left)

        def alone(moment: Moment, standing: Standing = standing) -> bool:
            return released(ReleasePolicy(key=moment), standing).key

        for correctness, diagnosis, key, solution in product(moments, repeat=4):
            policy = ReleasePolicy(correctness=correctness, diagnosis=diagnosis, key=key, solution=solution)
            shown = released(policy, standing)
            assert (shown.correctness, shown.key, shown.solution) == (alone(correctness), alone(key), alone(solution))
            assert shown.diagnosis == (alone(correctness) and alone(diagnosis))


def test_what_is_released_is_shown_as_it_was_stored():
    for result in (right("1.6", 3), mistaken("1.6", 3)):
        assert redacted(result, Released(correctness=True, diagnosis=True, key=False, solution=False)) == result


def test_without_the_correctness_right_and_wrong_look_the_same():
    """Byte for byte, but for the answer itself."""

    def shown(result: AttemptResult) -> Any:
        told = redacted(result, HIDDEN).as_json()
        told["answers"] = None
        told["fields"] = [field | {"read_as": None, "read_as_latex": None} for field in told["fields"]]
        return told

    hidden = shown(right("1.6", 3))
    assert hidden == shown(mistaken("1.6", 3)) == shown(attempt("1.6", 3, {"w": [9, 9, 9, 9]}))
    assert (hidden["score"], hidden["correct"]) == (None, None)
    assert hidden["fields"][0]["feedback"] == RECEIVED.as_dict()


def test_without_the_diagnosis_only_right_and_wrong_remain():
    told = redacted(mistaken("1.6", 3), VERDICT)
    (field,) = told.fields
    assert (told.score, told.correct, field["score"], field["correct"]) == (0, False, 0, False)
    assert (field["parts"], field["mistake"]) == ([], None)
    assert field["feedback"]["en"] == "Not right."
    assert redacted(right("1.6", 3), VERDICT).fields[0]["feedback"]["en"] == "Right."


def test_a_result_keeps_its_shape():
    result = mistaken("1.6", 3)
    for shown in (HIDDEN, VERDICT):
        (field,) = redacted(result, shown).fields
        assert field.keys() == result.fields[0].keys()


def test_what_is_stored_one_day_is_not_shown_by_oversight():
    result = mistaken("1.6", 3)
    result.fields[0]["new"] = "the key is 7"
    assert "new" not in redacted(result, VERDICT).fields[0]
