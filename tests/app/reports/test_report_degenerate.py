"""Whatever the marks are, every page and every file of the report is made, and no NaN is told as a number."""

import io
import random
import re
from typing import Any

import openpyxl
import pytest
from sqlalchemy import insert

from app.accounts import sessions
from app.attempts.grade_queries import GRADES
from app.core.clock import utc_now
from app.reports import statistics
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio

N = None
MATRICES: dict[str, list[list[float | None]]] = {
    "nobody has answered": [],
    "one student": [[2.0, 0.0, N]],
    "one student, one item": [[N, 1.0, N]],
    "everyone perfect": [[2.0, 2.0, 2.0]] * 4,
    "nobody right": [[0.0, 0.0, 0.0]] * 4,
    "an item that nobody has answered": [[2.0, 0.0, N], [0.0, 2.0, N], [1.0, 1.0, N], [2.0, 2.0, N]],
    "only ungraded": [[N, N, N]] * 2,
    "roundings": [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.1, 0.3]],
    **{
        f"random {seed}": [
            [random.Random(f"{seed} {i} {j}").choice((N, 0.0, 0.5, 1.0, 2.0)) for j in range(3)] for i in range(5)
        ]
        for seed in range(4)
    },
}
PAGES = ("", "/concepts", "/items/{item}", "/students/{student}")
NO_NUMBER = re.compile(r"\b(nan|inf|infinity)\b", re.IGNORECASE)


async def fill(room: Any, matrix: list[list[float | None]]) -> None:
    """Grades of attempts that are not there; a grade without points is one that waits for the grader."""

    def job(session: Any) -> None:
        for student, marks in zip(room.students, matrix, strict=False):
            for item, mark in zip(room.items, marks, strict=True):
                row = {"item_id": item, "person_id": student.id, "score": mark, "raw_share": None, "attempts": 1}
                status = "waiting" if mark is None else "graded"
                row |= {"late": False, "overridden": False, "status": status, "last_activity": utc_now()}
                session.execute(insert(GRADES), row | {"updated_at": utc_now()})

    await room.app.state.service.writer.write(job)


@on_one_database
@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES.keys())
async def test_every_page_and_file_is_made(classroom, browse, settings, matrix: list[list[float | None]]):
    room = await classroom(max(1, len(matrix)))
    await room.assign({}, {}, {})
    await fill(room, matrix)
    service, teacher = room.app.state.service, room.teacher

    def sign_in(session: Any) -> str:
        return sessions.begin(session, teacher.id, "", settings, utc_now())

    async with browse(room.app) as client:
        client.cookies.set(sessions.COOKIE, await service.writer.write(sign_in))
        for language in ("en", "zh"):
            for page in PAGES:
                place = page.format(item=room.items[2], student=room.students[0].id)
                shown = await client.get(f"/{language}/assignments/{room.assignment}/report{place}")
                assert shown.status_code == 200, shown.text
                assert NO_NUMBER.findall(re.sub("<[^>]*>", " ", shown.text)) == []
    address = f"/api/v1/assignments/{room.assignment}"
    for path in ("report", "report/items", "report/concepts", "report.csv", "report.csv?table=items"):
        told = await teacher.client.get(f"{address}/{path}")
        assert told.status_code == 200, told.text
        assert NO_NUMBER.findall(told.text) == []
    book = openpyxl.load_workbook(io.BytesIO((await teacher.client.get(f"{address}/report.xlsx")).content))
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert [cell for cell in cells if isinstance(cell, float) and cell != cell] == []  # noqa: PLR0124 - NaN
    assert [cell for cell in cells if isinstance(cell, str) and (NO_NUMBER.search(cell) or cell.startswith("#"))] == []
    summary = (await teacher.client.get(f"{address}/report")).json()["summary"]
    assert summary["submitted"] == len(matrix)
    rows = [[float("nan") if mark is None else mark for mark in row] for row in matrix] or [[float("nan")] * 3]
    assert summary["statistics"]["mean"] == pytest.approx(statistics.test_statistics(rows, [2, 2, 2]).mean)
