"""A real server on a free port of this machine, with a real SQLite file, and a real Chromium that reads its pages."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

from app import assets
from app.core.settings import Settings
from app.main import create_app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 10.0

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def served_database(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the database that is served."""
    file = tmp_path_factory.mktemp("browser") / "haitang.db"
    shutil.copy(migrated_sqlite, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def served_settings(served_database: str) -> Settings:
    """A module that needs other settings overrides this fixture."""
    return Settings(database_url=served_database)


@pytest.fixture(scope="module")
def address(served_settings: Settings) -> Iterator[str]:
    """Where the service runs."""
    assets.build()
    app = create_app(served_settings)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        give_up = time.monotonic() + SECONDS
        while not server.started and time.monotonic() < give_up:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(SECONDS)


@pytest.fixture(scope="module")
def chromium_path() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sentence = "No Chromium: install it (Debian: apt-get install chromium) or set CHROMIUM to its path."
        if "HAITANG_SKIP_BROWSER" in os.environ:
            pytest.skip(sentence)
        pytest.fail(f"{sentence} To do without these tests, set HAITANG_SKIP_BROWSER=1.")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """It keeps an event loop running while it lives, so it ends with the module."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, chromium_path: str) -> Iterator[Browser]:
    """The browser."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def new_page(chromium: Browser, address: str) -> Iterator[NewPage]:
    """Opens pages, each in a profile of its own.

    A page that raises an error in a script, breaks its Content-Security-Policy or asks anybody but our server for
    anything fails the test that opened it.
    """
    contexts = []
    offences: list[str] = []

    def watch(page: Page) -> None:
        def look_at(request: Request) -> None:
            if not request.url.startswith(address):
                offences.append(f"asked for {request.url}")

        page.on("request", look_at)
        page.on("pageerror", lambda error: offences.append(str(error)))
        page.on("console", lambda said: "Content Security Policy" in said.text and offences.append(said.text))

    def make(**options: object) -> Page:
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        watch(page)
        return page

    yield make
    for context in contexts:
        context.close()
    assert offences == []
