"""The examples of docs/examples, each against a real server in a process of its own."""

import csv
import importlib.util
import io
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES
from app.attempts.models import Attempt
from app.core.clock import utc_now
from app.core.database import Database

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
CLASS_LIST = "email,name,section\nlin@example.edu,林海棠,A\nwang@example.edu,王小明,B\n"
ITEM = {"problem": "1.4", "form": "open", "points": 2, "seed_mode": "fixed", "seed": 0}


@dataclass(frozen=True)
class Server:
    port: int
    database: Database
    teacher: str
    student: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"HAITANG_URL": self.url, "HAITANG_TOKEN": self.teacher, "MPLBACKEND": "Agg"}

    def attempts(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Attempt)) or 0


def _token(database: Database, name: str, *, is_admin: bool = False) -> str:
    now = utc_now()
    with database.write_engine.begin() as connection, Session(connection) as session:
        person = people.create(session, None, now, name=name, email=f"{name}@example.edu", is_admin=is_admin)
        token = tokens.create(session, person, "tests", SCOPES, now, timedelta(days=1))[1]
        session.commit()
    return token


@pytest.fixture(scope="module")
def server(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("examples") / "haitang.db")
    database = Database(f"sqlite:///{file}")
    teacher, student = _token(database, "teacher", is_admin=True), _token(database, "lin")
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"],
        env=os.environ | {"HAITANG_DATABASE_URL": f"sqlite:///{file}"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = next(line for line in process.stdout if line.startswith("Haitang is at "))
    yield Server(int(re.search(r":(\d+)/", line)[1]), database, teacher, student)
    process.send_signal(signal.SIGTERM)
    process.wait()
    process.stdout.close()
    database.dispose()


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """docs/examples/haitang.py, imported."""
    spec = importlib.util.spec_from_file_location("haitang_example", EXAMPLES / "haitang.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def teacher(server: Server, module: ModuleType) -> Any:
    return module.Haitang(server.url, server.teacher)


@pytest.fixture
def student(server: Server, module: ModuleType) -> Any:
    return module.Haitang(server.url, server.student)


@pytest.fixture
def homework(teacher: Any) -> str:
    """The id of an assignment, in a course of its own in which lin takes part."""
    course = teacher.create_course("Neural computation")["id"]
    assert teacher.enrol(course, CLASS_LIST)["applied"] is False
    assert teacher.enrol(course, CLASS_LIST, apply=True)["applied"] is True
    return teacher.create_assignment(course, "Homework", [ITEM], published=True, attempts_allowed=3)["id"]


class Faulty:
    """A relay before the server that cuts off the first replies, after the server has done what was asked.

    `cuts` says after how many bytes, for one reply after the other.
    """

    def __init__(self, port: int, cuts: list[int]) -> None:
        self._port, self._cuts, self.connections = port, cuts, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listening.accept()
            with client, socket.create_connection(("127.0.0.1", self._port)) as server:
                request = client.recv(65536)
                if not request:  # `close` knocks
                    return
                self.connections += 1
                while b"\r\n\r\n" not in request or len(request.partition(b"\r\n\r\n")[2]) < _length(request):
                    request += client.recv(65536)
                server.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
                reply = b"".join(iter(lambda: server.recv(65536), b""))
                client.sendall(reply[: self._cuts.pop(0)] if self._cuts else reply)

    def close(self) -> None:
        socket.create_connection(self._listening.getsockname()).close()
        self._thread.join()
        self._listening.close()


def _length(request: bytes) -> int:
    found = re.search(rb"content-length: (\d+)", request, flags=re.IGNORECASE)
    return int(found[1]) if found else 0


def test_the_client_is_short_and_needs_nothing_else() -> None:
    code = (EXAMPLES / "haitang.py").read_text(encoding="utf-8")
    assert len(code.splitlines()) <= 200
    imported = set(re.findall(r"^(?:import|from) (\w+)", code, flags=re.MULTILINE)) - {"haitang"}
    assert imported <= sys.stdlib_module_names


def test_practice(student: Any) -> None:
    variant = student.variant("1.4")
    assert variant["data"] == {"layers": [6, 5, 10, 3]}
    graded = student.submit("1.4", 0, {"count": 128})
    assert graded["correct"] is True
    assert next(student.attempts())["id"] == graded["id"]


def test_lists_are_fetched_page_by_page(student: Any) -> None:
    made = [student.submit("1.4", seed, {"count": 1})["id"] for seed in range(5)]
    listed = [each["id"] for each in student.every("/attempts", limit=2)]
    assert listed[:5] == made[::-1]


def test_a_homework_from_both_sides(teacher: Any, student: Any, homework: str, tmp_path: Path) -> None:
    (item,) = teacher.items(homework)
    assert student.exercise(homework, item["id"])["data"] == {"layers": [6, 5, 10, 3]}
    student.answer(homework, item["id"], {"count": 127})
    assert student.answer(homework, item["id"], {"count": 128})["attempts_left"] == 1
    assert {line["email"]: line["total"] for line in teacher.gradebook(homework)} == {
        "lin@example.edu": 2.0,
        "wang@example.edu": 0.0,
    }
    assert teacher.report(homework)["summary"]["enrolled"] == 2
    assert teacher.item_analysis(homework)["items"][0]["attempts"] == 2
    teacher.export_csv(homework, tmp_path / "scores.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "scores.csv").read_text(encoding="utf-8-sig"))))
    assert any("lin@example.edu" in row for row in rows)


def test_refusals_say_why(student: Any, module: ModuleType) -> None:
    with pytest.raises(module.HaitangError, match=r"422 .* /answers/count: ") as refused:
        student.submit("1.4", 0, {"count": "one hundred"})
    assert refused.value.details["type"] == "/errors/unreadable-answers"
    with pytest.raises(module.HaitangError, match="403 "):
        student.create_course("Mine")
    with pytest.raises(module.HaitangError, match="404 "):
        student.variant("9.9")


def test_what_was_cut_off_is_asked_again_and_done_once(server: Server, module: ModuleType) -> None:
    before = server.attempts()
    relay = Faulty(server.port, [0, 40, -10])
    try:
        graded = module.Haitang(relay.url, server.student).submit("1.4", 0, {"count": 128})
    finally:
        relay.close()
    assert graded["correct"] is True
    assert relay.connections == 4
    assert server.attempts() == before + 1


def test_who_never_answers_is_given_up(module: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        module.Haitang(f"http://127.0.0.1:{port}", tries=2).variant("1.4")


def run(server: Server, *command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, env=server.environment, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_client_as_a_command(server: Server, homework: str, tmp_path: Path) -> None:
    client = str(EXAMPLES / "haitang.py")
    assert '{"layers": [6, 5, 10, 3]}' in run(server, sys.executable, client, "practise", "1.4", cwd=tmp_path)
    assert homework in run(server, sys.executable, client, "courses", cwd=tmp_path)
    run(server, sys.executable, client, "export", homework, "out.csv", cwd=tmp_path)
    assert "wang@example.edu" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_the_lecturers_script(server: Server, student: Any, tmp_path: Path) -> None:
    script = str(EXAMPLES / "course.py")
    (tmp_path / "list.csv").write_text(CLASS_LIST, encoding="utf-8")
    homework = re.search(r"Homework (\S+) is", run(server, sys.executable, script, "list.csv", cwd=tmp_path))[1]
    item = next(student.every(f"/assignments/{homework}/items"))
    layers = student.exercise(homework, item["id"])["data"]["layers"]
    weights = sum(before * after for before, after in itertools.pairwise(layers))
    assert student.answer(homework, item["id"], {"count": weights + sum(layers[1:])})["correct"] is True
    report = run(server, sys.executable, script, "--report", homework, cwd=tmp_path)
    assert re.search(r"lin +2\.00 of 10", report)
    assert "1.6: no answers yet" in report
    (tmp_path / "bad.csv").write_text("email,name\nnobody,No\n", encoding="utf-8")
    refused = subprocess.run(
        [sys.executable, script, "bad.csv"],
        env=server.environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "Line 2" in refused.stdout


def test_the_notebook(server: Server, tmp_path: Path) -> None:
    """Its cells in order, as a notebook runs them; it lies beside the client, and so do they."""
    notebook = json.loads((EXAMPLES / "descent.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], len({cell["id"] for cell in notebook["cells"]})) == (4, len(notebook["cells"]))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell.get("outputs", []) == [] for cell in notebook["cells"])
    program = tmp_path / "notebook.py"
    check = "figure.savefig('plot.png')\nassert attempt['correct'] and set(scores['mean of the gradients']) == {1.0}\n"
    program.write_text("\n".join([f"import sys; sys.path.insert(0, {str(EXAMPLES)!r})", *code, check]))
    before = server.attempts()
    printed = run(server, sys.executable, "-W", "ignore:.*non-interactive", str(program), cwd=tmp_path)
    assert server.attempts() == before + 22
    assert "sum-instead-of-mean" in printed
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
