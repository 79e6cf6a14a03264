"""Whatever fits or breaks the OpenAPI document gets an answer that the document describes, and never a 5xx.

Against a real server: what the HTTP parser does with odd requests belongs to what a client meets.
"""

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance, response_schema_conformance
from sqlalchemy.orm import Session

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES
from app.core.clock import utc_now
from app.core.database import Database
from app.core.settings import Settings
from app.main import create_app

TOKEN = [""]
"""Of an administrator, made with the database."""

schema = schemathesis.openapi.from_dict(create_app().openapi())
schema.config.phases.coverage.enabled = False  # thousands of calls: the long run makes them


@pytest.fixture(scope="module")
def address(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("schemathesis"))
    _add_administrator(f"sqlite:///{file}")
    app = create_app(Settings(database_url=f"sqlite:///{file}"))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", loop="asyncio", log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


def _add_administrator(url: str) -> None:
    database, now = Database(url), utc_now()
    with database.write_engine.begin() as connection, Session(connection) as session:
        person = people.create(session, None, now, name="root", email="root@example.edu", is_admin=True)
        TOKEN[0] = tokens.create(session, person, "tests", SCOPES, now, timedelta(days=1))[1]
        session.commit()
    database.dispose()


@schema.parametrize()
@settings(max_examples=6, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_keeps_its_promises(case: schemathesis.Case, address: str):
    # A schema can say how cursors, forms and answers look, but not which of them exist: 422 is right for the others.
    unknowable = case.method == "POST" or {"cursor", "form"} & set(case.query or {})
    case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance] if unknowable else [])


@schema.parametrize()
@settings(max_examples=3, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_that_an_administrator_sends_breaks_the_server(case: schemathesis.Case, address: str):
    """Behind the sign-in, where the calls of nobody end."""
    case.call_and_validate(
        base_url=address,
        headers={"Authorization": f"Bearer {TOKEN[0]}"},
        checks=[not_a_server_error, response_schema_conformance],
    )


@pytest.mark.soak
def test_no_boundary_value_and_no_chain_of_calls_breaks_the_server(address: str, tmp_path: Path):
    """Every phase of Schemathesis with an administrator's token; what is found is printed as a curl command."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json"]
    told = ("--header", f"Authorization: Bearer {TOKEN[0]}", "--max-examples", "50", "--generation-deterministic")
    checks = ("--checks", "not_a_server_error,response_schema_conformance", "--continue-on-failure")
    subprocess.run([*command, *told, *checks], check=True, cwd=tmp_path)
