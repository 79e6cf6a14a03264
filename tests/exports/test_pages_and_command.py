"""Exports on the pages and on the command line."""

import asyncio
import re
from contextlib import AsyncExitStack
from typing import Any

import pytest
from typer.testing import CliRunner

from app.accounts import sessions
from app.cli import cli
from tests.exports.conftest import fetched
from tests.exports.gift_reader import read_gift
from tests.exports.moodle_reader import read_xml

pytestmark = pytest.mark.anyio

COMPUTED = {"problem": "1.6", "form": "open", "seed_mode": "per-student", "seed": None, "points": 4}


@pytest.fixture
async def browser(app, browse):
    """Makes a browser in which an account is signed in."""
    async with AsyncExitStack() as stack:

        async def make(account: Any) -> Any:
            service = app.state.service
            secret = await service.writer.write(
                lambda session: sessions.begin(session, account.id, "", service.settings, service.clock())
            )
            client = await stack.enter_async_context(browse(app))
            client.headers["Accept"] = "text/html"
            client.cookies.set("session", secret)
            return client

        yield make


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_pages_have_a_form_whose_file_is_what_the_api_gives(room, browser, language):
    await room.assign({})
    pages = await browser(room.teacher)
    for base in (f"/{language}/problems/1.4/export", f"/{language}/assignments/{room.assignment}/export"):
        page = (await fetched(pages, base)).text
        assert f'action="{base}/file"' in page
        assert not re.search(r"<[^>]* style=|<script>|{{", page)
        file = await fetched(pages, f"{base}/file", format="moodle-xml", languages="both")
        same = await fetched(pages, f"/api/v1{base.removeprefix(f'/{language}')}", language="both")
        assert file.content == same.content
    assert f"/{language}/problems/1.4/export" in (await fetched(pages, f"/{language}/problems/1.4")).text
    editor = (await fetched(pages, f"/{language}/assignments/{room.assignment}/edit")).text
    assert f"/{language}/assignments/{room.assignment}/export" in editor


async def test_a_form_that_can_t_be_done_comes_back_with_what_is_wrong(room, browser):
    refused = await (await browser(room.teacher)).get(
        "/zh/problems/1.4/export/file", params={"seeds": "x", "format": "gift", "form": "choice"}
    )
    assert refused.status_code == 422
    assert "的写法如 0、1-20 或 1-5,17，最多 200 个。" in refused.text
    assert '<option value="gift" selected>' in refused.text
    assert 'name="seeds" value="x"' in refused.text


@pytest.mark.parametrize("variants", ["0", "1000000000", "", "five", "-1"])
async def test_a_number_of_variants_that_is_none_comes_back_in_the_form(room, browser, variants):
    await room.assign({})
    address = f"/en/assignments/{room.assignment}/export/file"
    refused = await (await browser(room.teacher)).get(address, params={"variants": variants, "format": "qti30"})
    assert refused.status_code == 422
    assert "A whole number of variants is needed, from 1 to 200." in refused.text
    assert f'name="variants" min="1" max="200" value="{variants}"' in refused.text
    assert '<option value="qti30" selected>' in refused.text


async def test_students_see_neither_the_link_nor_the_form(room, browser):
    await room.assign({})
    student = await browser(room.students[0])
    assert "/export" not in (await fetched(student, "/en/problems/1.4")).text
    for address in ("/en/problems/1.4/export", f"/en/assignments/{room.assignment}/export/file"):
        assert (await student.get(address)).status_code == 403


# The command line


async def test_the_command_writes_a_file_and_lists_what_is_to_be_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wish = ["export", "1.4", "c3.4", "--seeds", "0-1", "--format", "gift", "--language", "zh"]
    result = await asyncio.to_thread(CliRunner().invoke, cli, wish)
    assert result.exit_code == 0, result.output
    assert "未导出：本题要求填写公式" in result.output
    assert len(read_gift((tmp_path / "haitang-2-exercises-gift.txt").read_text("utf-8"))) == 6


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (["1.99"], "no exercise 1.99"),
        ([], "name exercises"),
        (["1.4", "--seeds", "9-1"], "seeds look like"),
        (["c3.4", "--form", "open"], "nothing to export"),
        (["1.4", "--seeds", "1-2001"], "2000 of them at most"),
        ([*["1.4"] * 101, "--form", "open", "--seeds", "1-20"], "2000 questions at most"),
        (["1.4", "--format", "pdf"], "Invalid value for '--format'"),
    ],
)
async def test_the_command_says_what_it_can_t_do(tmp_path, monkeypatch, wish, told):
    monkeypatch.chdir(tmp_path)
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["export", *wish])
    assert result.exit_code != 0
    assert told in " ".join(result.output.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["new/folder", "new/1.4.gift.txt"])
async def test_the_command_makes_the_folder_that_it_is_told(tmp_path, output):
    wish = ["export", "1.4", "--seeds", "0", "--format", "gift", "--output", str(tmp_path / output)]
    result = await asyncio.to_thread(CliRunner().invoke, cli, wish)
    assert result.exit_code == 0, result.output
    (file,) = (tmp_path / "new").rglob("*.txt")
    assert file.name == ("1.4.gift.txt" if output.endswith(".txt") else "haitang-1.4-gift.txt")


async def test_the_command_says_what_is_in_the_way(tmp_path):
    (tmp_path / "taken").write_text("a file")
    there = ["1.4", "--seeds", "0", "--form", "choice", "--output", str(tmp_path / "taken")]
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["export", *there])
    assert (result.exit_code, "can't be written" in result.output) == (1, True), result.output
    nowhere = ["--assignment", "1", "--database-url", f"sqlite:///{tmp_path}/none/h.db"]
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["export", *nowhere])
    assert (result.exit_code, "could not be read" in result.output) == (1, True), result.output


async def test_the_command_exports_an_assignment_of_the_database(room, database_url, tmp_path):
    await room.assign({}, COMPUTED)
    wish = ["--assignment", room.assignment, "--variants", "2", "--no-figures", "--database-url", database_url]
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["export", *wish, "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    (file,) = [each for each in tmp_path.iterdir() if each.suffix == ".xml"]
    by_command = read_xml(file.read_bytes())
    by_api = await fetched(
        room.teacher.client, f"/api/v1/assignments/{room.assignment}/export", variants=2, figures=False
    )
    assert by_command == read_xml(by_api.content)
