"""docs/instructor-walkthrough.md, command by command, against a served service with an empty database."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|output)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "--- printed by this block:"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a service that has just been started for the first time, and the link that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield _printed(process, r"Haitang is at (\S+)/ "), _printed(process, r"(http://\S+/sign-in/link/\S+)")
        finally:
            process.send_signal(signal.SIGINT)


def _printed(process: "subprocess.Popen[str]", pattern: str) -> str:
    """What the next line with the pattern says; fails when the service ends before."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
    pytest.fail(f"The service never printed {pattern}.")


def test_every_command_does_what_the_page_says(served: tuple[str, str], tmp_path: Path):
    blocks = BLOCK.findall((ROOT / "docs" / "instructor-walkthrough.md").read_text())
    commands = [text for kind, text in blocks if kind == "sh"]
    script = "set -eu\n" + "\n".join(f"echo '{MARK}'\n{text}" for text in commands)
    host, link = served
    run = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"HOST": host, "LINK": link},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    printed = [text.removeprefix("\n") for text in run.stdout.split(MARK)[1:]]
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert printed == expected(blocks)
    sheets = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert sheets.sheetnames == ["Scores", "Items", "Summary"]
    assert [row[0] for row in sheets["Scores"].iter_rows(min_row=2, max_row=3, values_only=True)] == [
        "Student 01",
        "Student 02",
    ]


def expected(blocks: list[tuple[str, str]]) -> list[str]:
    """What the page says that each block of commands prints."""
    said: list[str] = []
    for kind, text in blocks:
        if kind == "sh":
            said.append("")
        else:
            said[-1] = text
    return said
