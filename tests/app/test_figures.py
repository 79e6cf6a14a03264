"""Figures: what a drawing is, at which address it lies, and the process that draws."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from app.core import drawings
from app.core.drawings import THEMES, Drawings, Name, address, digest, read_name
from app.core.errors import UnavailableError
from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.exhibits import Figure

KEY = b"a key of the tests"
SVG = "{http://www.w3.org/2000/svg}"
NAME = Name("1.6", 1, 3, "path", "dark", "0123456789abcdef")

pytestmark = pytest.mark.anyio


def figure(problem: str = "1.6", seed: int = 3, place: int = 0) -> Figure:
    return deal(find(problem), seed).exhibits().figures[place]


def name(number: int) -> Name:
    return replace(NAME, seed=number)


@pytest.fixture
async def drawn() -> AsyncIterator[Drawings]:
    made = Drawings()
    yield made
    await made.close()


# Addresses


def test_an_address_names_what_it_shows_and_can_be_read_back():
    path = address(KEY, NAME)
    assert path.startswith("/figures/1.6.1.3.path.dark.0123456789abcdef.")
    assert read_name(KEY, path.removeprefix("/figures/")) == NAME


@pytest.mark.parametrize(
    "forge",
    [
        lambda file: file.replace(".3.", ".4."),
        lambda file: file.replace("dark", "light"),
        lambda file: file.replace(".svg", ".png"),
        lambda file: file.removesuffix(".svg")[:-1] + ("0" if file[-5] != "0" else "1") + ".svg",
        lambda _: "",
        lambda _: ".svg",
        lambda _: "é\ud800.svg",
        lambda file: file.replace(".svg", "é.svg"),
    ],
)
def test_nobody_but_the_server_can_make_an_address(forge):
    file = address(KEY, NAME).removeprefix("/figures/")
    assert read_name(KEY, forge(file)) is None
    assert read_name(b"another key", file) is None


def test_the_address_follows_the_data():
    one, other = figure(seed=1), figure(seed=2)
    assert digest(one) == digest(figure(seed=1))
    assert digest(one) != digest(other)
    assert digest(replace(one, alt=other.alt)) != digest(one)


# Drawings


async def test_every_figure_can_be_drawn_in_both_themes(drawn: Drawings):
    for shown in (shown for problem in catalogue() for shown in deal(find(problem), 1).exhibits().figures):
        light, dark = [await drawn.draw(replace(NAME, digest=digest(shown), theme=theme), shown) for theme in THEMES]
        assert light != dark
        root = ET.fromstring(light)
        titles, descriptions = root.findall(f"{SVG}title"), root.findall(f"{SVG}desc")
        assert [each.text for each in titles] == [shown.title.en, shown.title.zh]
        assert [each.text for each in descriptions] == [shown.alt.en, shown.alt.zh]
        assert [each.get("lang") for each in titles] == ["en", "zh-Hans"]
        assert root.get("role") == "img"
        assert root.find(f".//{SVG}script") is None
        assert root.find(f".//{SVG}text") is None, "letters are outlines, which need no font where they are shown"
        assert b"2026" not in light
        assert b"date" not in light.lower()
        width, height = (float(root.get(side).removesuffix("pt")) for side in ("width", "height"))
        assert 290 < width < 310
        assert 120 < height < 800


async def test_the_same_figure_gives_the_same_bytes_in_another_process(drawn: Drawings):
    again = Drawings()
    assert await drawn.draw(NAME, figure()) == await again.draw(NAME, figure())
    await again.close()


async def test_who_waits_for_the_same_drawing_shares_it(drawn: Drawings):
    one, other = await asyncio.gather(drawn.draw(NAME, figure()), drawn.draw(NAME, figure()))
    assert one is other is drawn.kept(NAME)


async def test_only_the_latest_drawings_are_kept():
    drawn = Drawings(size=2)
    for number in (1, 2, 3):
        await drawn.draw(name(number), figure())
    assert [drawn.kept(name(number)) is not None for number in (1, 2, 3)] == [False, True, True]
    await drawn.close()


async def test_a_bounded_number_waits(drawn: Drawings):
    drawn._waiting = 2
    waiting = [asyncio.create_task(drawn.draw(name(number), figure())) for number in (1, 2)]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError) as refused:
        await drawn.draw(name(3), figure())
    assert refused.value.headers["Retry-After"]
    assert all(await asyncio.gather(*waiting))


async def test_a_process_that_is_too_slow_is_killed_and_the_next_figure_starts_another(drawn: Drawings):
    await drawn.draw(NAME, figure())
    process = drawn._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    drawn._seconds = 0.3
    with pytest.raises(UnavailableError):
        await drawn.draw(name(1), figure())
    assert process.returncode is not None
    drawn._seconds = 30
    assert await drawn.draw(name(1), figure())


async def test_a_process_that_died_is_replaced(drawn: Drawings):
    await drawn.draw(NAME, figure())
    assert drawn._process is not None
    drawn._process.kill()
    await drawn._process.wait()
    assert await drawn.draw(name(1), figure())


async def test_one_who_stops_waiting_does_not_take_the_drawing_away(drawn: Drawings):
    impatient = asyncio.create_task(drawn.draw(NAME, figure()))
    patient = asyncio.create_task(drawn.draw(NAME, figure()))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert (await patient).startswith(b"<?xml")


async def test_a_figure_that_cannot_be_drawn_is_a_fault_of_ours_and_the_process_goes_on(drawn: Drawings):
    broken = figure()
    chart = replace(broken.drawing, x_label="$\\frac{$")
    with pytest.raises(RuntimeError, match="can't be drawn"):
        await drawn.draw(NAME, replace(broken, drawing=chart))
    process = drawn._process
    assert await drawn.draw(name(1), figure())
    assert drawn._process is process


def test_the_service_never_imports_matplotlib():
    program = "import app.main, app.cli, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_digest_knows_the_program_that_draws(monkeypatch):
    before = digest(figure())
    monkeypatch.setattr(drawings, "_style", lambda: b"another style")
    assert digest(figure()) != before
