"""The lock that processes on one SQLite file hold around their transactions."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.core.file_lock import FileLock

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys
from pathlib import Path
from app.core.file_lock import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "haitang.db-lock"


class Waiter:
    """Enters the lock in another process's stead: the kernel tells opened files apart, not processes."""

    def __init__(self, file: Path) -> None:
        self.entered = threading.Event()
        threading.Thread(target=self._enter, args=(file,)).start()

    def _enter(self, file: Path) -> None:
        with FileLock(file):
            self.entered.set()


def test_one_holder_at_a_time(file: Path) -> None:
    with FileLock(file):
        waiter = Waiter(file)
        assert not waiter.entered.wait(0.2)
    assert waiter.entered.wait(5)


def test_a_killed_holder_lets_go(file: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waiter = Waiter(file)
        assert not waiter.entered.wait(0.2)
        holder.kill()
        assert waiter.entered.wait(5)
