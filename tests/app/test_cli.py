"""`haitang`: what each command prints, and that a served service stops without losing what it accepted."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli
from problems.catalogue import catalogue

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def test_problems_lists_every_exercise_by_its_title(run):
    lines = run("problems", "--language", "zh").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(catalogue())
    shown = next(line for line in lines if line.startswith("1.6 "))
    assert shown.endswith(catalogue()["1.6"].page.title.zh)


def test_show_prints_the_exercise_without_its_key(run):
    result = run("show", "1.6", "--seed", "3", "--form", "open")
    assert result.exit_code == 0
    assert "1.6 · " in result.stdout
    assert r"\begin{bmatrix}" in result.stdout
    assert "[w] Vector 4, absolute 0.001" in result.stdout
    assert "Key:" not in result.stdout


def test_show_prints_options_and_the_solution_when_asked(run):
    result = run("show", "1.6", "--form", "choice", "--solution", "--language", "zh")
    assert [line[2] for line in result.stdout.splitlines() if re.match(r"  [A-D]\. ", line)] == list("ABCD")
    assert "Key: answer = B" in result.stdout
    assert catalogue()["1.6"].page.title.zh in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "9.9"], "there is no exercise 9.9"),
        (["show", "1.6", "--seed", "-1"], "no variant has the seed -1"),
        (["show", "1.1", "--form", "open"], "this variant has the forms choice"),
        (["show", "1.6", "--form", "essay"], "'essay'"),
        (["check", "9.9"], "there is no exercise 9.9"),
    ],
)
def test_a_wrong_argument_is_named(arguments, said, run):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", "").split())


def test_check_proves_exercises_sound(run):
    result = run("check", "1.1", "1.6", "--seeds", "5")
    assert result.exit_code == 0
    assert result.stdout == "1.1: no findings in 5 seeds\n1.6: no findings in 5 seeds\n"


def test_check_prints_what_fails(run, monkeypatch):
    """A key that is not the published one, and no erratum to say why."""
    problem = catalogue()["1.6"]
    monkeypatch.setitem(problem.__dict__, "published", {"answer": "A"})
    result = run("check", "1.6", "--seeds", "1")
    assert result.exit_code == 1
    assert "1.6: 1 findings in 1 seeds" in result.stdout
    assert "seed 0: choice: the published key differs from the computed one" in result.stdout


def test_show_tells_an_instructor_what_each_option_stands_for(run):
    shown = run("show", "1.6", "--seed", "3", "--form", "choice", "--solution").stdout
    assert re.findall(r"^  [A-D] = ([\w-]+)", shown, re.MULTILINE).count("key") == 1
    assert "mean-over-active: You divided by the number of samples below the margin" in shown
    assert " = key" not in run("show", "1.6", "--seed", "3", "--form", "choice").stdout


def test_openapi_prints_the_document(run):
    document = json.loads(run("openapi").stdout)
    assert "/api/v1/attempts" in document["paths"]


def test_migrate_says_what_it_did(run):
    url = "sqlite:///data/haitang.db"
    first, second = run("migrate", "--database-url", url), run("migrate", "--database-url", url)
    assert re.fullmatch(r"Migrated the database from revision none to \w+\.\n", first.stdout)
    assert re.fullmatch(r"The database is at revision \w+; nothing was to do\.\n", second.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["migrate", "--database-url", "mysql://localhost/haitang"], "mysql"),
        (["serve", "--port", "70000"], "port: Input should be less than or equal to 65535"),
    ],
)
def test_settings_that_can_not_be_are_named(arguments, said, run):
    result = run(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service of its own process, and the address that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Migrated the database")
        line = process.stdout.readline()
        address = re.fullmatch(r"Haitang is at (http://127\.0\.0\.1:\d+)/ \(Ctrl\+C stops it\)\n", line)
        assert address is not None, line
        assert "becomes its administrator" in process.stdout.readline()
        assert process.stdout.readline().startswith(f"  {address[1]}/en/sign-in/link/")
        yield process, address[1]
        process.kill()


def test_serve_migrates_prints_its_address_answers_and_stops(served, tmp_path):
    process, address = served
    body = json.dumps({"problem": "1.6", "seed": 0, "form": "choice", "answers": {"answer": "B"}}).encode()
    request = urllib.request.Request(f"{address}/api/v1/attempts", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        assert (response.status, json.load(response)["correct"]) == (201, True)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert errors == ""
    # The last connection to leave folds the log of the database into its file.
    assert sorted(file.name for file in (tmp_path / "var").glob("haitang.db-*")) == [
        "haitang.db-lock",
        "haitang.db-secret",
    ]


def test_serve_says_so_when_the_port_is_taken(served, run):
    _, address = served
    port = address.rpartition(":")[2]
    result = run("serve", "--port", port)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Can't listen on 127.0.0.1 port {port}: Address already in use")
