"""Which score is sent, as a pure function of grades, dates and the release policy; and how the message looks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.attempts.release import Moment, ReleasePolicy
from app.courses.deadlines import Window
from app.lti.scores import RECHECK, Held, Nothing, Ready, Standings, decision, message, scores_url

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = Window(None, None, None, None)
AT_ONCE = ReleasePolicy()


def item(score: float | None, points: float = 10, attempts: int = 1, **more: Any) -> Standings:
    return Standings(**{"points": points, "counts": True, "score": score, "attempts": attempts} | more)


NOT_BEGUN = item(None, attempts=0)


def decide(*items: Standings, policy: ReleasePolicy = AT_ONCE, window: Window = OPEN, is_known: bool = False) -> Any:
    return decision(items, policy, window, NOW, is_known=is_known)


class TestTotal:
    def test_it_is_the_sum_of_what_was_done_out_of_all_points(self) -> None:
        sent = decide(item(3), item(4.5), NOT_BEGUN)
        assert (sent.score, sent.maximum) == (7.5, 30)

    def test_a_voided_item_counts_for_nobody(self) -> None:
        sent = decide(item(3), item(None, counts=False))
        assert (sent.score, sent.maximum) == (3, 10)

    def test_points_by_hand_need_no_attempt(self) -> None:
        assert decide(item(3, attempts=0)).score == 3

    def test_a_rest_of_binary_fractions_is_not_sent(self) -> None:
        assert decide(item(0.1), item(0.2)).score == 0.3

    def test_zero_is_a_score(self) -> None:
        assert decide(item(0)).score == 0

    def test_who_has_done_nothing_has_none(self) -> None:
        assert decide(NOT_BEGUN) == Nothing()

    def test_a_score_that_is_gone_is_removed_where_it_was_sent(self) -> None:
        assert decide(NOT_BEGUN, is_known=True).score is None
        assert decide(item(None, counts=False), is_known=True).score is None

    def test_without_points_there_is_no_score(self) -> None:
        """The specification wants a maximum above zero."""
        assert decide(item(0, points=0)) == Nothing()

    def test_what_waits_for_its_grading_is_not_sent_half(self) -> None:
        assert decide(item(3), item(None, waiting=True)) == Held(NOW + RECHECK)


class TestRelease:
    @pytest.mark.parametrize(
        ("moment", "window", "released"),
        [
            ("at-once", OPEN, True),
            ("after-due", OPEN, False),
            ("after-due", Window(None, NOW + HOUR, None, None), False),
            ("after-due", Window(None, NOW - HOUR, None, None), True),
            ("after-due", Window(None, NOW - HOUR, NOW + HOUR, None), False),  # late answers are still taken
            ("after-last-attempt", Window(None, None, None, 2), False),
            ("after-last-attempt", Window(None, None, None, 1), True),
            ("after-last-attempt", Window(None, NOW - HOUR, None, 2), True),
            ("never", Window(None, NOW - HOUR, None, 1), False),
        ],
    )
    def test_what_students_may_not_see_is_not_sent(self, moment: Moment, window: Window, *, released: bool) -> None:
        sent = decide(item(3), policy=ReleasePolicy(correctness=moment), window=window)
        assert isinstance(sent, Ready if released else Held)

    def test_one_item_that_is_not_released_keeps_the_total(self) -> None:
        policy, window = ReleasePolicy(correctness="after-last-attempt"), Window(None, None, None, 2)
        assert isinstance(decide(item(3, attempts=2), item(4, attempts=1), policy=policy, window=window), Held)
        assert isinstance(decide(item(3, attempts=2), NOT_BEGUN, policy=policy, window=window), Ready)

    @pytest.mark.parametrize(
        ("moment", "window", "released"),
        [
            ("at-once", OPEN, True),
            ("after-due", Window(None, NOW + HOUR, None, None), False),
            ("after-due", Window(None, NOW - HOUR, None, None), True),
            ("after-last-attempt", Window(None, None, None, 2), True),  # no attempt changes them
            ("never", OPEN, False),
        ],
    )
    def test_points_given_without_an_attempt_follow_the_policy_too(
        self, moment: Moment, window: Window, *, released: bool
    ) -> None:
        sent = decide(item(3, attempts=0), NOT_BEGUN, policy=ReleasePolicy(correctness=moment), window=window)
        assert isinstance(sent, Ready if released else Held)

    def test_it_is_looked_at_again_right_after_the_due_date(self) -> None:
        policy = ReleasePolicy(correctness="after-due")
        soon, late = NOW + timedelta(minutes=3), NOW + RECHECK + HOUR
        assert decide(item(3), policy=policy, window=Window(None, soon, None, None)) == Held(
            soon + timedelta(seconds=1)
        )
        assert decide(item(3), policy=policy, window=Window(None, late, None, None)) == Held(NOW + RECHECK)
        assert decide(item(3), policy=policy, window=Window(None, NOW, None, None)) == Held(NOW + timedelta(seconds=1))


class TestProgress:
    @pytest.mark.parametrize(
        ("items", "window", "activity"),
        [
            ([item(3), NOT_BEGUN], OPEN, "InProgress"),
            ([item(3), item(4)], OPEN, "Submitted"),
            ([item(3), NOT_BEGUN], Window(None, NOW - HOUR, None, None), "Completed"),
            ([item(3), item(4)], Window(None, NOW - HOUR, NOW + HOUR, None), "Submitted"),
            ([item(3), item(4)], Window(None, None, None, 1), "Completed"),
            ([item(3), item(4)], Window(None, None, None, 2), "Submitted"),
            ([item(3), NOT_BEGUN], Window(None, None, None, 1), "InProgress"),
        ],
    )
    def test_completed_is_what_cannot_be_answered_any_more(self, items: Any, window: Window, activity: str) -> None:
        assert decide(*items, window=window).activity == activity


class TestMessage:
    def test_a_score(self) -> None:
        ready = Ready(score=7.5, maximum=10, activity="Submitted", submitted_at=NOW - HOUR)
        assert message(ready, "42", NOW) == {
            "userId": "42",
            "timestamp": "2026-09-01T12:00:00.000+00:00",
            "activityProgress": "Submitted",
            "gradingProgress": "FullyGraded",
            "scoreGiven": 7.5,
            "scoreMaximum": 10,
            "submission": {"submittedAt": "2026-09-01T11:00:00.000+00:00"},
        }

    def test_the_removal_of_one(self) -> None:
        ready = Ready(score=None, maximum=0, activity="InProgress", submitted_at=None)
        assert message(ready, "42", NOW) == {
            "userId": "42",
            "timestamp": "2026-09-01T12:00:00.000+00:00",
            "activityProgress": "InProgress",
            "gradingProgress": "NotReady",
        }

    def test_nothing_was_submitted_after_the_timestamp(self) -> None:
        ready = Ready(score=1, maximum=1, activity="Submitted", submitted_at=NOW + HOUR)
        assert message(ready, "42", NOW)["submission"]["submittedAt"] == "2026-09-01T12:00:00.000+00:00"

    @pytest.mark.parametrize(
        ("line_item", "scores"),
        [
            ("https://lms/2/lineitems/5/lineitem?type_id=2", "https://lms/2/lineitems/5/lineitem/scores?type_id=2"),
            ("https://lms/api/lti/courses/1/line_items/2", "https://lms/api/lti/courses/1/line_items/2/scores"),
        ],
    )
    def test_scores_go_below_the_path_of_the_line_item(self, line_item: str, scores: str) -> None:
        assert scores_url(line_item) == scores
