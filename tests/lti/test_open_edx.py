"""Open edX as a platform that nobody here wrote: its own consumer launches us, and takes our links and our scores.

The consumer is installed into an environment of its own by `make lti-consumer`, which `make test` does; without it
these tests are skipped.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES
from app.cli_support import write
from app.core.clock import utc_now
from app.core.settings import Settings
from app.main import create_app

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = Path(os.environ.get("LTI_CONSUMER", ROOT / ".venv" / "lti-consumer")) / "bin" / "python"
SECONDS = 60.0
TEACHER, STUDENT, ASSISTANT = 1, 2, 3

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="`make lti-consumer` installs the consumer of Open edX.")


class OpenEdX:
    """The LMS, in a process of its own."""

    def __init__(self, folder: Path) -> None:
        command = [str(PYTHON), "-W", "ignore", str(HERE / "open_edx" / "lms.py"), str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        assert self.address, "the LMS did not start"
        self.client = httpx.Client(base_url=self.address, timeout=SECONDS)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self) -> dict[str, Any]:
        return self.client.get("/state").json()

    def close(self) -> None:
        self.client.close()
        self._process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def lms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenEdX]:
    lms = OpenEdX(tmp_path_factory.mktemp("open-edx"))
    yield lms
    lms.close()


class Service:
    """Ourselves, on a real port: the consumer fetches our key set."""

    def __init__(self, database_url: str) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        settings = Settings(database_url=database_url, public_url=self.address, lti_allow_loopback=True)
        self.administrator = httpx.Client(base_url=self.address, timeout=SECONDS)
        self.administrator.headers["Authorization"] = f"Bearer {write(settings, _administrator)}"
        self._server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning", access_log=False))
        self._thread = threading.Thread(target=self._server.run, args=([self.listening],))
        self._thread.start()
        wait_for(lambda: self._server.started)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.administrator.request(method, f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def close(self) -> None:
        self.administrator.close()
        self._server.should_exit = True
        self._thread.join(SECONDS)
        self.listening.close()


def _administrator(session: Any) -> str:
    id_ = people.create(session, None, utc_now(), name="Root", email="root@example.edu", is_admin=True)
    return tokens.create(session, id_, "tests", SCOPES, utc_now(), timedelta(days=1))[1]


def wait_for(happened: Callable[[], Any]) -> Any:
    give_up = time.monotonic() + SECONDS
    while not (found := happened()):
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def service(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    file = tmp_path_factory.mktemp("service") / "haitang.db"
    shutil.copy(migrated_sqlite, file)
    service = Service(f"sqlite:///{file}")
    yield service
    service.close()


@pytest.fixture(scope="module")
def platform(lms: OpenEdX, service: Service) -> dict[str, Any]:
    """Each side has been told about the other, with what the other's page shows."""
    tool = service.call("GET", "/lti/tool")
    shown = lms.post("/setup", ags_mode="declarative", **tool)
    return service.call("POST", "/lti/platforms", {"name": "Open edX", "product": "openedx"} | shown)


class Browser:
    """Somebody's browser: it is signed in at the LMS, and keeps the cookies of both, as on any loopback address."""

    def __init__(self, lms: OpenEdX, person: int) -> None:
        self.client = httpx.Client(follow_redirects=True, timeout=SECONDS, event_hooks={"request": [self._trust]})
        self.client.headers["X-Person"] = str(person)
        self.lms, self.person = lms, person

    def _trust(self, request: httpx.Request) -> None:
        """Browsers send secure cookies to loopback addresses without TLS, too."""
        if kept := "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar):
            request.headers["Cookie"] = kept

    def launch(self, **asked: Any) -> httpx.Response:
        """From the LMS's page to the page of ours on which it ends."""
        page = self.client.get(self.lms.post("/start", person=self.person, **asked)["url"])
        return self.send(page)

    def send(self, page: httpx.Response, **changed: Any) -> httpx.Response:
        """Send the page's form, as its script or its reader would."""
        address = re.search(r'<form[^>]*?\saction="([^"]*)"', page.text)
        target = page.url.join(unescape(address[1])) if address else page.url
        inputs = re.findall(r'<input[^>]*?\sname="([^"]*)" value="([^"]*)"', page.text)
        fields = {name: unescape(value) for name, value in inputs}
        return self.client.post(target, data=fields | changed)

    def close(self) -> None:
        self.client.close()


PICKED = {"action": "pick", "problem": "1.4", "title": "Sheet 1", "form": "open", "points": "5", "seed_mode": "fixed"}


@pytest.fixture
def browser(lms: OpenEdX) -> Iterator[Callable[[int], Browser]]:
    with ExitStack() as opened:
        yield lambda person: opened.enter_context(closing(Browser(lms, person)))


Open = Callable[[int], Browser]


@pytest.fixture(scope="module")
def item(lms: OpenEdX, platform: dict[str, Any]) -> dict[str, Any]:
    """What the LMS keeps of the link that its instructor has picked at ours."""
    del platform
    with closing(Browser(lms, TEACHER)) as teacher:
        picker = teacher.launch(deep_linking=True)
        assert picker.status_code == 200, picker.text
        assert "/lti/deep-link/" in picker.url.path
        returning = teacher.send(picker, **PICKED)
        assert returning.status_code == 200, returning.text
        saved = teacher.send(returning)
        assert saved.status_code == 200, saved.text
    (found,) = lms.state()["items"]
    return found


def test_the_self_test_finds_nothing_wrong(service: Service, platform: dict[str, Any]) -> None:
    found = service.call("POST", f"/lti/platforms/{platform['id']}/self-test")
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert found["healthy"], found
    assert states["keyset"] == states["token-scores"] == states["token-class-list"] == states["own-keys"] == "ok"


def test_the_deep_link_is_kept_as_we_sent_it(item: dict[str, Any], service: Service) -> None:
    assert item["title"] == "Sheet 1"
    assert item["lineItem"] == {
        "label": "Sheet 1",
        "scoreMaximum": 5.0,
        "resourceId": item["custom"]["haitang_assignment"],
        "tag": "haitang",
    }
    assert item["url"] == f"{service.address}/lti/launch"


def test_a_student_opens_the_picked_assignment(item: dict[str, Any], browser: Open) -> None:
    page = browser(STUDENT).launch(item=item["id"])
    assert page.status_code == 200, page.text
    assert page.url.path.endswith(f"/assignments/{item['custom']['haitang_assignment']}")
    assert "Sheet 1" in page.text


def course_of(service: Service, item: dict[str, Any]) -> str:
    return service.call("GET", f"/assignments/{item['custom']['haitang_assignment']}")["course_id"]


def roles(service: Service, item: dict[str, Any]) -> dict[str, str]:
    listed = service.call("GET", f"/courses/{course_of(service, item)}/enrolments")["items"]
    return {each["name"]: each["role"] for each in listed}


def test_roles_are_those_of_the_course(item: dict[str, Any], browser: Open, service: Service) -> None:
    """A “Community TA” of Open edX is a learner who assists."""
    for person in (STUDENT, ASSISTANT):
        assert browser(person).launch(item=item["id"]).status_code == 200
    assert roles(service, item) == {"Ada Teacher": "instructor", "李海棠": "student", "Alan Assistant": "assistant"}


def test_only_those_who_teach_are_offered_links(lms: OpenEdX, browser: Open, item: dict[str, Any]) -> None:
    """The consumer itself lets nobody else begin."""
    del item
    refused = browser(STUDENT).client.get(lms.post("/start", person=STUDENT, deep_linking=True)["url"])
    assert refused.status_code == 403


def test_a_score_arrives_in_the_gradebook(item: dict[str, Any], browser: Open, service: Service, lms: OpenEdX) -> None:
    student = browser(STUDENT)
    student.launch(item=item["id"])
    assignment = item["custom"]["haitang_assignment"]
    (exercise,) = student.client.get(f"{service.address}/api/v1/assignments/{assignment}/items").json()["items"]
    for count, share in ((1, 0.0), (128, 1.0)):
        answered = student.client.post(
            f"{service.address}/api/v1/attempts",
            json={"assignment": assignment, "item": exercise["id"], "answers": {"count": count}},
        )
        assert answered.status_code == 201, answered.text
        wait_for(lambda share=share: lms.state()["grades"].get("haitang") == [share, 10])
    (score,) = lms.state()["scores"]
    assert score == {
        "person": "external-2",
        "given": 5.0,
        "maximum": 5.0,
        "grading": "FullyGraded",
        "activity": score["activity"],
    }


def test_the_class_list_is_read(item: dict[str, Any], service: Service) -> None:
    course = course_of(service, item)
    (synced,) = service.call("POST", f"/courses/{course}/lti/sync")["contexts"]
    assert synced["members"] == 3
    assert roles(service, item)["李海棠"] == "student"
    assert len(roles(service, item)) == 3
