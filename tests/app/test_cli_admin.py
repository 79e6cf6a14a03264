"""`haitang admin`: from an empty database to somebody who can sign in, and back in when everything is lost."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.accounts.models import Person
from app.cli import cli
from app.cli_admin import first_link
from app.core.settings import Settings
from app.main import create_app

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
ROOT = "root@example.edu"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **more: CliRunner().invoke(cli, arguments, **more)


def link_in(result: Result) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/en/sign-in/link/[\w-]{43})\n", result.stdout)
    assert found is not None, result.output
    return found[1]


async def _page(tmp_path: Path, path: str, **headers: str) -> httpx.Response:
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path / 'var' / 'haitang.db'}"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://haitang.test") as client,
    ):
        return await client.get(path, headers=headers)


def page(tmp_path: Path, path: str, **headers: str) -> httpx.Response:
    return asyncio.run(_page(tmp_path, path, **headers))


def test_the_first_administrator_is_made_on_an_empty_database(run, tmp_path):
    made = run("admin", "create", "Root@Example.edu", "--name", "Wang Li")
    assert made.exit_code == 0
    assert "Created the administrator root@example.edu." in made.stdout
    assert "Wang Li" in page(tmp_path, link_in(made)).text


def test_a_password_may_be_given_on_a_line(run):
    made = run("admin", "create", ROOT, "--password-stdin", input="seven quiet herons\n")
    assert made.exit_code == 0
    assert "http" not in made.stdout
    with sqlite3.connect("var/haitang.db") as connection:
        ((stored,),) = connection.execute("SELECT password_hash FROM people").fetchall()
    connection.close()
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (["nobody"], None, "is no e-mail address"),
        ([ROOT, "--password-stdin"], "short\n", "at least 10 characters"),
    ],
)
def test_what_can_not_be_is_named(run, arguments, password, said):
    result = run("admin", "create", *arguments, input=password)
    assert result.exit_code in {1, 2}
    assert said in result.stderr


def test_a_new_link_voids_the_one_before(run, tmp_path):
    first = link_in(run("admin", "create", ROOT))
    second = link_in(run("admin", "link", ROOT))
    assert page(tmp_path, first).status_code == 404
    assert page(tmp_path, second).status_code == 200
    assert run("admin", "create", ROOT).exit_code == 1
    assert run("admin", "link", "other@example.edu").exit_code == 1


def test_a_token_is_all_that_is_printed(run, tmp_path):
    run("admin", "create", ROOT)
    token = run("admin", "token", ROOT, "--scope", "read").stdout.strip()
    me = page(tmp_path, "/api/v1/me", Authorization=f"Bearer {token}").json()
    assert (me["email"], me["is_admin"], me["scopes"]) == (ROOT, True, ["read"])


def test_the_audit_log_is_verified(run):
    run("admin", "create", ROOT)
    fits = run("admin", "audit")
    assert re.fullmatch(r"1 entries fit together; the newest hash is [0-9a-f]{64}\.\n", fits.stdout)
    with sqlite3.connect("var/haitang.db") as connection:
        connection.execute("DROP TRIGGER audit_log_no_update")
        connection.execute("UPDATE audit_log SET action = 'nothing'")
    connection.close()
    broken = run("admin", "audit")
    assert (broken.exit_code, "Entry 1 does not fit" in broken.stderr) == (1, True)


def test_grades_are_derived_anew_and_come_out_the_same(run):
    assert run("demo", "--students", "3").exit_code == 0
    again = run("derive-grades")
    assert (again.exit_code, again.stdout) == (0, "5 items were looked at; 0 rows of grades came out otherwise.\n")
    with sqlite3.connect("var/haitang.db") as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM grades").fetchall()
        connection.execute("UPDATE grades SET score = score + 1, tally = '[]'")
    connection.close()
    assert f"; {count} rows" in run("derive-grades").stdout
    assert "; 0 rows" in run("derive-grades").stdout


def test_a_site_waits_for_its_first_administrator_until_they_have_a_password(database):
    with Session(database.write_engine) as session:
        assert first_link(session, NOON) != first_link(session, NOON)
        ((person,),) = session.execute(select(Person))
        person.password_hash = "$argon2id$…"
        session.flush()
        assert first_link(session, NOON) is None
