"""Haitang from your own program: one file, nothing but Python's standard library.

Make a token on the page Account → Tokens for programs, and let the environment hold it:

    export HAITANG_URL=https://haitang.example.edu HAITANG_TOKEN=haitang_…
    python haitang.py practise 1.6 --seed 3        # look at an exercise
    python haitang.py courses                      # what you take part in, or teach
    python haitang.py export <assignment> out.csv  # the gradebook, for a spreadsheet

As a library (copy this file beside your script):

    from haitang import Haitang
    haitang = Haitang()
    variant = haitang.variant("1.4", seed=3)
    print(haitang.submit("1.4", 3, {"count": 128})["correct"])
"""

import argparse
import http.client
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LATER = {429, 502, 503, 504}  # not now, but perhaps in a moment


class HaitangError(Exception):
    """The server refused: `status` is the HTTP status, `details` its explanation (RFC 9457)."""

    def __init__(self, status: int, details: dict[str, Any]) -> None:
        faults = [
            f"{each.get('pointer') or each.get('parameter')}: {each['detail']}" for each in details.get("errors", [])
        ]
        super().__init__(
            " ".join([f"{status} {details.get('title', '')}.", details.get("detail", ""), *faults]).strip()
        )
        self.status, self.details = status, details


class Haitang:
    """A server, as the owner of a token sees it. Without a token only practice is possible, under nobody's name."""

    def __init__(self, url: str | None = None, token: str | None = None, *, tries: int = 5) -> None:
        self.url = (url or os.environ.get("HAITANG_URL", "http://127.0.0.1:8000")).rstrip("/")
        self.token = token or os.environ.get("HAITANG_TOKEN")
        self.tries = tries

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, **query: Any) -> Any:
        """One call: what the server answers, as Python objects; bytes where it is no JSON, such as a CSV file.

        When the network or the server fails for a moment, the call is repeated after a while. Every POST carries an
        Idempotency-Key, the same for each repetition, so that the server does it once however often it arrives. Pass a
        `key` of your own to be able to repeat it even from another run of your program.
        """
        address = f"{self.url}/api/v1{path}"
        if given := {name: value for name, value in query.items() if value is not None}:
            address += "?" + urllib.parse.urlencode(given)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, data, headers, method=method)
        failures = 0
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    content = response.read()
                    if "Content-Type" not in response.headers:  # cut off within its head
                        raise http.client.IncompleteRead(content)
                    return json.loads(content) if "json" in response.headers.get_content_type() else content
            except urllib.error.HTTPError as error:
                with error:
                    asked, refusal = error.headers.get("Retry-After", ""), HaitangError(error.code, _details(error))
                if refusal.status not in LATER or failures + 1 == self.tries:
                    raise refusal from None
            except (OSError, http.client.HTTPException):  # nobody answers, or the connection breaks
                asked = ""
                if failures + 1 == self.tries:
                    raise
            time.sleep(max(random.uniform(0.5, 1) * 2**failures, int(asked) if asked.isdecimal() else 0))
            failures += 1

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, fetched page by page."""
        cursor = None
        while True:
            page = self.call("GET", path, cursor=cursor, **query)
            yield from page["items"]
            if (cursor := page["next_cursor"]) is None:
                return

    # Practice

    def variant(self, problem: str, seed: int = 0, form: str | None = None) -> dict[str, Any]:
        """A variant: `statement`, the numbers in `data`, and what is asked in `fields`. Seed 0 is as printed."""
        return self.call("GET", f"/problems/{problem}/variants/{seed}", form=form)

    def submit(self, problem: str, seed: int, answers: dict[str, Any], form: str = "open") -> dict[str, Any]:
        """Answer a variant for practice; `correct`, `score`, and for each field a `mistake` and `feedback`."""
        return self.call("POST", "/attempts", {"problem": problem, "seed": seed, "form": form, "answers": answers})

    def attempts(self) -> Iterator[dict[str, Any]]:
        """One's own attempts, the newest first."""
        return self.every("/attempts", limit=100)

    # In a course, as a student

    def exercise(self, assignment: str, item: str) -> dict[str, Any]:
        """An item with one's own numbers, deadlines and attempts left."""
        return self.call("GET", f"/assignments/{assignment}/items/{item}/exercise")

    def answer(self, assignment: str, item: str, answers: dict[str, Any]) -> dict[str, Any]:
        """Answer an item of an assignment. It counts."""
        return self.call("POST", "/attempts", {"assignment": assignment, "item": item, "answers": answers})

    # In a course, as its teacher

    def create_course(self, title: str, time_zone: str = "Asia/Shanghai") -> dict[str, Any]:
        return self.call("POST", "/courses", {"title": title, "time_zone": time_zone})

    def enrol(self, course: str, class_list: str, *, apply: bool = False) -> dict[str, Any]:
        """What a class list (CSV text with a line of heads: email, name, …) would change; with `apply` it does."""
        return self.call("POST", f"/courses/{course}/class-list", {"csv": class_list, "apply": apply})

    def create_assignment(
        self, course: str, title: str, items: list[dict[str, Any]], **settings: Any
    ) -> dict[str, Any]:
        """An assignment of these items, such as `{"problem": "1.6", "form": "open", "points": 2}`.

        Settings are those of the API: due_at="2026-10-23T23:59:59+08:00", attempts_allowed=3, published=True …
        """
        return self.call("POST", f"/courses/{course}/assignments", {"title": title, "items": items, **settings})

    def items(self, assignment: str) -> list[dict[str, Any]]:
        return list(self.every(f"/assignments/{assignment}/items"))

    def report(self, assignment: str, **query: Any) -> dict[str, Any]:
        """The `summary` (mean, median, histogram …), the `items`, and a page of the `gradebook`."""
        return self.call("GET", f"/assignments/{assignment}/report", **query)

    def gradebook(self, assignment: str) -> Iterator[dict[str, Any]]:
        """Every student, with `total` and the `grades` of the items."""
        cursor = None
        while True:
            page = self.report(assignment, limit=100, cursor=cursor)["gradebook"]
            yield from page["items"]
            if (cursor := page["next_cursor"]) is None:
                return

    def item_analysis(self, assignment: str) -> dict[str, Any]:
        """Facility, discrimination and the mistakes of each item."""
        return self.call("GET", f"/assignments/{assignment}/report/items")

    def export_csv(self, assignment: str, file: str | Path) -> None:
        """Write the gradebook as CSV, with the mark by which Excel knows UTF-8."""
        Path(file).write_bytes(self.call("GET", f"/assignments/{assignment}/report.csv", bom="true"))


def _details(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        return dict(json.loads(error.read()))
    except ValueError:  # from a proxy in between
        return {"title": error.reason}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    practise = commands.add_parser("practise", help="show an exercise")
    practise.add_argument("problem")
    practise.add_argument("--seed", type=int, default=0)
    commands.add_parser("courses", help="list your courses and their assignments")
    export = commands.add_parser("export", help="write a gradebook")
    export.add_argument("assignment")
    export.add_argument("file")
    chosen, haitang = parser.parse_args(), Haitang()
    if chosen.command == "practise":
        variant = haitang.variant(chosen.problem, chosen.seed)
        print(variant["statement"]["en"], json.dumps(variant["data"]), sep="\n\n")
    elif chosen.command == "courses":
        for course in haitang.every("/courses"):
            print(f"{course['id']}  {course['title']} ({course['role']})")
            for assignment in haitang.every(f"/courses/{course['id']}/assignments"):
                print(f"    {assignment['id']}  {assignment['title']}, {assignment['points']:g} points")
    else:
        haitang.export_csv(chosen.assignment, chosen.file)


if __name__ == "__main__":
    main()
