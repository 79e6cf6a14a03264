"""The scores of an assignment in a few figures, and how they are distributed."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.reports.marks import Marks
from app.reports.statistics import NOISE, TestStatistics, test_statistics
from app.reports.subject import Subject

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Figures of the totals, in points; `statistics` says how each is defined.

    `below_pass_mark` counts the submissions whose share of all points is less than the course's pass mark. `histogram`
    counts them in ten bins of equal width from 0 to all points, the last including its upper end.
    """

    enrolled: int
    submitted: int
    max_points: float
    pass_mark: float
    below_pass_mark: int
    histogram: tuple[int, ...]
    statistics: TestStatistics

    @property
    def share_below(self) -> float | None:
        return self.below_pass_mark / self.submitted if self.submitted else None

    def as_json(self) -> dict[str, Any]:
        return {
            "enrolled": self.enrolled,
            "submitted": self.submitted,
            "max_points": self.max_points,
            "pass_mark": self.pass_mark,
            "below_pass_mark": self.below_pass_mark,
            "share_below_pass_mark": self.share_below,
            "histogram": self.histogram,
            "statistics": asdict(self.statistics),
        }


def summarise(subject: Subject, marks: Marks) -> Summary:
    totals, maximum = marks.totals, subject.max_points
    slack = NOISE * max(maximum, 1)
    shares = np.clip(totals / maximum, 0, 1) if maximum else np.zeros(0)
    # A total of 60 % lies in the bin that begins there, although its float may come out a little below.
    bins = np.minimum((shares * BINS + NOISE).astype(np.int64), BINS - 1)
    return Summary(
        enrolled=marks.enrolled,
        submitted=len(marks.people),
        max_points=maximum,
        pass_mark=subject.pass_mark,
        below_pass_mark=int((totals < subject.pass_mark * maximum - slack).sum()),
        histogram=tuple(np.bincount(bins, minlength=BINS).tolist()),
        statistics=test_statistics(marks.points, subject.max_marks),
    )
