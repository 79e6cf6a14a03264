"""Examples for OpenAPI."""

from typing import Any

_TITLE = {"en": "Gradient descent with momentum", "zh": "带动量的梯度下降"}
_PERSON = "01a2054b-5386-70de-b9b7-058e224f8480"
_ITEM = "01a2054b-5386-70de-b9b7-058e224f8490"
_MISTAKE = {"en": "You update with every sample.", "zh": "你对每个样本都作了更新。"}
_FIGURES: dict[str, Any] = {
    "attempted": 70,
    "facility": 0.23,
    "sd": 3.1,
    "discrimination_index": -6.2,
    "discriminative_efficiency": -8.4,
    "effective_weight": 6.7,
    "negative_covariance": False,
    "point_biserial": 0.21,
}
_TOTALS: dict[str, Any] = {
    "students": 70,
    "items": 11,
    "mean": 66.8,
    "median": 67.7,
    "sd": 15.4,
    "minimum": 31.0,
    "lower_quartile": 56.2,
    "upper_quartile": 77.5,
    "maximum": 98.0,
    "skewness": -0.11,
    "kurtosis": -0.52,
    "cic": 78.0,
    "error_ratio": 46.9,
    "standard_error": 7.2,
}
_BRIEF: dict[str, Any] = {
    "item": _ITEM,
    "position": 1,
    "problem": "1.8",
    "form": "open",
    "title": _TITLE,
    "points": 10.0,
    "award": "normal",
}
_LINE: dict[str, Any] = {
    "person_id": _PERSON,
    "name": "徐浩然",
    "email": "xu@example.org",
    "number": "2026001",
    "section": "A",
    "total": 6.0,
    "max_points": 10.0,
    "attempts": 2,
    "last_activity": "2026-03-02T08:15:30.123456Z",
    "late": False,
    "status": "submitted",
    "grades": [
        {"item": _ITEM, "score": 6.0, "attempts": 2, "late": False, "overridden": False, "status": "graded"},
    ],
}
_SHARE: dict[str, Any] = {"mistake": "no-margin-condition", "field": "w", "text": _MISTAKE, "attempts": 22}

REPORT: dict[str, Any] = {
    "assignment": {
        "id": "01a2054b-5386-70de-b9b7-058e224f84a0",
        "title": "Problem set 3",
        "course": "01a2054b-5386-70de-b9b7-058e224f84b0",
        "course_title": "Neural computation",
        "due_at": "2026-03-15T15:59:00Z",
        "max_points": 10.0,
    },
    "sections": ["A", "B"],
    "summary": {
        "enrolled": 74,
        "submitted": 70,
        "max_points": 100.0,
        "pass_mark": 0.6,
        "below_pass_mark": 24,
        "share_below_pass_mark": 24 / 70,
        "histogram": [0, 0, 0, 3, 9, 12, 14, 19, 6, 7],
        "statistics": _TOTALS,
    },
    "items": [{**_BRIEF, "statistics": _FIGURES}],
    "gradebook": {"items": [_LINE], "next_cursor": None, "count": 1},
}
ITEM_REPORTS: dict[str, Any] = {
    "students": 70,
    "statistics": _TOTALS,
    "items": [
        {
            **_BRIEF,
            **_FIGURES,
            "weak": True,
            "random_guess_score": 0.0,
            "attempts": 112,
            "until_right": [{"attempt": 1, "students": 9}, {"attempt": 2, "students": 7}],
            "mean_until_right": 23 / 16,
            "median_seconds": 340.0,
            "quintiles": [0.2, 0.21, 0.25, 0.24, 0.25],
            "mistakes": [{**_SHARE, "students": 19, "share": 22 / 112, "variant": None}],
            "options": [],
            "variants": [{"seed": 4, "version": 1, "data": {"steps": 3}, "students": 12, "harder": False, **_FIGURES}],
        }
    ],
}
CONCEPTS: dict[str, Any] = {
    "topics": [
        {"key": "momentum", "name": {"en": "Momentum", "zh": "动量"}, "items": ["1. 1.8"], "facility": 0.23},
    ],
    "chapters": [
        {
            "key": "2",
            "name": {"en": "Gradient descent", "zh": "梯度下降"},
            "items": ["1. 1.8"],
            "facility": 0.23,
        }
    ],
    "mistakes": [
        {"mistake": "no-margin-condition", "text": _MISTAKE, "problems": ["1.8"], "attempts": 22},
    ],
    "since": "2026-03-02T08:15:30Z",
}
ACTIVITY: dict[str, Any] = {"time_zone": "Asia/Shanghai", "days": [{"date": "2026-03-02", "attempts": 112}]}
STUDENT_REPORT: dict[str, Any] = {
    "student": _LINE,
    "items": [
        {
            "item": _ITEM,
            "position": 1,
            "problem": "1.8",
            "title": _TITLE,
            "points": 10.0,
            "attempts": [
                {
                    "id": "01a2054b-5386-70de-b9b7-058e224f84c0",
                    "number": 1,
                    "seed": 4711,
                    "created_at": "2026-03-02T08:09:10Z",
                    "seconds": None,
                    "score": 0.0,
                    "max_score": 1.0,
                    "correct": False,
                    "fields": [
                        {
                            "name": "w",
                            "read_as": "(0.1, 0.2)",
                            "correct": False,
                            "mistake": "no-margin-condition",
                            "text": _MISTAKE,
                        }
                    ],
                }
            ],
        }
    ],
}
GRADEBOOK_CSV = "student,number,email,section,1. 1.8,total,of,attempts,last_activity,late,status\r\n…"
WORKBOOK = "(an XLSX file)"
ATTEMPT_LINES = (
    '{"id":"01a2054b-5386-70de-b9b7-058e224f84c0","item":"01a2054b-5386-70de-b9b7-058e224f8490","number":1,'
    '"person_id":"01a2054b-5386-70de-b9b7-058e224f8480","name":"徐浩然","problem":"1.8","version":1,"seed":4711,'
    '"form":"open","answers":{"w":["0.1","0.2"]},"score":0.0,"max_score":1.0,"correct":false,"fields":[],'
    '"created_at":"2026-03-02T08:09:10Z"}\n'
)
