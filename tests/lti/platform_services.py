"""The services of the LMS for the tests: gradebook columns, scores, class lists, and the faults that real ones show.

    gradebook = Gradebook(platform)            answers for /courses/<id>/lineitems, …/lineitem/scores, …/memberships
    gradebook.fault_of = lambda user: Fault.ERROR              what happens to the next score of a person

Scores are taken and refused by the rules of Moodle's `scores.php`: the media type to the letter, whole seconds that
must rise, a person who can be graded there. What a conforming tool never does is kept in `violations`.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator  # noqa: TC003 - dataclasses and readers
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import Any

from app.lti import claims as names
from tests.lti.platform import Answer, Course, Platform, Request

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


class Fault(StrEnum):
    """What goes wrong with one score message."""

    NONE = "none"
    ERROR = "500, not applied"
    APPLIED_ERROR = "500, although applied"
    DROPPED = "the connection ends, not applied"
    APPLIED_DROPPED = "the connection ends, although applied"
    SLOW = "answered late"
    BUSY = "429 with Retry-After"
    DOWN = "503 with a web page"
    CONFLICT = "409 for no reason"
    FORGOTTEN = "401: the token is forgotten"
    TWICE = "applied twice, as by a proxy that repeats"
    LATE = "the connection ends, and the message is applied after the next one of the same person"


BROKEN = Answer("<h1>Error</h1>", 500, content_type="text/html")
UNAPPLIED = {
    Fault.ERROR: BROKEN,
    Fault.DOWN: Answer("<h1>Maintenance</h1>", 503, content_type="text/html"),
    Fault.DROPPED: None,
    Fault.BUSY: Answer({"error": "slow down"}, 429, {"Retry-After": "0"}),
    Fault.CONFLICT: Answer(status=409),
}


@dataclass
class Result:
    """What the gradebook shows; `score` is None where there was one and is no more."""

    score: float | None
    maximum: float | None
    timestamp: datetime
    message: dict[str, Any]


@dataclass
class Column:
    id: int
    label: str
    maximum: float
    resource_link_id: str | None = None
    resource_id: str = ""
    results: dict[str, Result] = field(default_factory=dict)


class Gradebook:
    """Columns and class lists of an LMS, answered by its server."""

    def __init__(self, platform: Platform, *, slow_seconds: float = 0.2) -> None:
        self.platform = platform
        self.courses: dict[str, Course] = {}
        self.columns: dict[str, dict[int, Column]] = {}
        self.violations: list[str] = []
        self.fault_of: Callable[[str], Fault] = lambda _user: Fault.NONE
        self.refuse: Callable[[str], Answer | None] = lambda _user: None
        """An answer for every score of a person, such as the 400 for who can't be graded."""
        self.page_size = 2  # of class lists
        self.next_link: Callable[[str], str] = lambda link: link
        self.slow_seconds = slow_seconds
        self.taken = 0
        self._late: dict[tuple[int, str], Request] = {}
        self._ids: Iterator[int] = count(50)
        self._lock = threading.Lock()
        platform.on("GET", r"/courses/(\w+)/lineitems", self._list)
        platform.on("POST", r"/courses/(\w+)/lineitems", self._make)
        platform.on("POST", r"/courses/(\w+)/lineitems/(\d+)/lineitem/scores", self._score)
        platform.on("GET", r"/courses/(\w+)/memberships", self._members)

    def add_column(self, course: Course, *, link: str | None = None, resource_id: str = "") -> tuple[Column, str]:
        """A new column and its path, which has a query as Moodle's."""
        self.courses[course.id] = course
        column = Column(next(self._ids), "Sheet 1", 100.0, link, resource_id)
        self.columns.setdefault(course.id, {})[column.id] = column
        return column, f"/courses/{course.id}/lineitems/{column.id}/lineitem?type_id=1"

    def _item(self, course: str, column: Column) -> dict[str, Any]:
        item = {
            "id": f"{self.platform.address}/courses/{course}/lineitems/{column.id}/lineitem?type_id=1",
            "label": column.label,
            "scoreMaximum": column.maximum,
            "resourceId": column.resource_id,
        }
        return item if column.resource_link_id is None else item | {"resourceLinkId": column.resource_link_id}

    def _list(self, request: Request, match: re.Match[str]) -> Answer:
        if not self.platform.allows(request, names.SCOPE_LINE_ITEM):
            return Answer(status=401)
        if request.headers.get("accept") != CONTAINER_TYPE:
            return Answer(status=400)
        wanted = request.query.get("resource_link_id")
        columns = self.columns.get(match[1], {}).values()
        listed = [self._item(match[1], each) for each in columns if wanted in {None, each.resource_link_id}]
        return Answer(listed, content_type=CONTAINER_TYPE)

    def _make(self, request: Request, match: re.Match[str]) -> Answer:
        if not self.platform.allows(request, names.SCOPE_LINE_ITEM):
            return Answer(status=401)
        sent = request.json()
        if request.headers.get("content-type") != ITEM_TYPE or not {"label", "scoreMaximum"} <= sent.keys():
            return Answer(status=400)
        column = Column(
            next(self._ids), sent["label"], sent["scoreMaximum"], sent.get("resourceLinkId"), sent.get("resourceId", "")
        )
        self.columns.setdefault(match[1], {})[column.id] = column
        return Answer(self._item(match[1], column), 201, content_type=ITEM_TYPE)

    def _score(self, request: Request, match: re.Match[str]) -> Answer | None:
        who = int(match[2]), str(request.json().get("userId"))
        with self._lock:
            fault = self.fault_of(who[1])
            if fault in UNAPPLIED:
                return UNAPPLIED[fault]
            if fault is Fault.FORGOTTEN:
                self.platform.tokens.clear()
            if fault is Fault.LATE:
                self._late[who] = request
                return None
            answer = self._apply(request, match)
            if who in self._late:
                self._apply(self._late.pop(who), match)
            if fault is Fault.TWICE:
                self._apply(request, match)
        if fault is Fault.SLOW:
            time.sleep(self.slow_seconds)
        return {Fault.APPLIED_ERROR: BROKEN, Fault.APPLIED_DROPPED: None}.get(fault, answer)

    def _apply(self, request: Request, match: re.Match[str]) -> Answer:
        """As `mod/lti/service/gradebookservices/…/scores.php` and `save_grade_item` do it."""
        column = self.columns.get(match[1], {}).get(int(match[2]))
        sent = request.json()
        refusals = {
            401: not self.platform.allows(request, names.SCOPE_SCORE),
            404: column is None,
            400: request.headers.get("content-type") != SCORE_TYPE
            or not {"userId", "timestamp", "gradingProgress", "activityProgress"} <= sent.keys()
            or ("scoreGiven" in sent) != ("scoreMaximum" in sent),
        }
        if status := next((status for status, refused in refusals.items() if refused), None):
            return Answer(status=status)
        return self.refuse(sent["userId"]) or self._store(column, sent)

    def _store(self, column: Column, sent: dict[str, Any]) -> Answer:
        at, is_graded = datetime.fromisoformat(sent["timestamp"]), sent["gradingProgress"] == "FullyGraded"
        known = column.results.get(sent["userId"])
        if known is not None and int(known.timestamp.timestamp()) >= int(at.timestamp()):
            return Answer({"error": "Refusing score with an earlier timestamp"}, 409)
        if at > datetime.now(UTC):
            self.violations.append(f"in the future: {at}")
        if known is not None and known.score is not None and "scoreGiven" in sent and not is_graded:
            self.violations.append("a score that is not final over one that is")
        score = sent.get("scoreGiven") if is_graded else None
        column.results[sent["userId"]] = Result(score, sent.get("scoreMaximum"), at, sent)
        self.taken += 1
        return Answer({}, content_type=SCORE_TYPE)

    def _members(self, request: Request, match: re.Match[str]) -> Answer:
        """The class list, in pages if a limit is asked for, as in Moodle."""
        if not self.platform.allows(request, names.SCOPE_MEMBERSHIPS):
            return Answer(status=401)
        if request.headers.get("accept") != MEMBERS_TYPE:
            return Answer(status=400)
        course = self.courses[match[1]]
        start, limit = int(request.query.get("from", "0")), request.query.get("limit")
        size = min(int(limit), self.page_size) if limit else len(course.members)
        members = [
            {
                "status": each.status,
                "user_id": each.subject,
                "roles": list(each.roster_roles or each.launch_roles),
                "name": each.name,
                **({"email": each.email} if each.email else {}),
            }
            for each in course.members[start : start + size]
        ]
        headers = {}
        if start + size < len(course.members):
            address = f"{self.platform.address}{request.path}?limit={limit}&from={start + size}"
            headers["Link"] = f'<{self.next_link(address)}>; rel="next"'
        context = {"id": course.id, "title": course.title}
        body = {"id": f"{self.platform.address}{request.path}", "context": context, "members": members}
        return Answer(body, headers=headers, content_type=MEMBERS_TYPE)
