"""The pages over HTTP: what they show and never show, and what becomes of an answer sent by a form."""

import html
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.attempts.models import Attempt
from app.core import form_token
from app.core.clock import utc_now
from app.core.pages import static_address
from app.core.settings import Settings
from app.core.text import block
from app.core.writer import WriterFull
from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.draws import MAX_SEED
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]

Browse = Callable[[FastAPI], httpx.AsyncClient]
KEY_16 = ("-0.527", "1.220", "-1.047", "-0.445")  # the published key of the printed exercise 1.6


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.found.append(dict(attrs))


def inputs(page: httpx.Response, name: str) -> list[dict[str, str | None]]:
    parser = _Inputs()
    parser.feed(page.text)
    return [each for each in parser.found if each["name"] == name]


def values(page: httpx.Response, name: str) -> list[str | None]:
    return [each["value"] for each in inputs(page, name)]


def hidden(page: httpx.Response) -> dict[str, Any]:
    """What the form on the page sends beside the answer."""
    return {name: values(page, name)[0] for name in ("token", "key")}


async def fill_in(client: httpx.AsyncClient, address: str, **answers: Any) -> httpx.Response:
    """Open an exercise, fill its form in and send it; not followed anywhere."""
    page = await client.get(address)
    assert page.status_code == 200
    return await client.post(address, data=hidden(page) | answers)


def attempts(app: FastAPI) -> int:
    with app.state.service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Attempt)) or 0


@pytest.fixture
async def client(app: FastAPI, browse: Browse) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(app) as client:
        client.headers["Accept"] = "text/html"
        yield client


@pytest.mark.parametrize(("wish", "address"), [("zh-CN", "/zh"), ("de", "/en")])
async def test_the_root_leads_to_the_preferred_language(client: httpx.AsyncClient, wish: str, address: str) -> None:
    response = await client.get("/", headers={"Accept-Language": wish})
    assert (response.status_code, response.headers["location"]) == (303, address)
    assert response.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_catalogue_leads_to_every_exercise(client: httpx.AsyncClient, language: str) -> None:
    page = await client.get(f"/{language}")
    for problem in catalogue().values():
        assert f'href="/{language}/problems/{problem.id}"' in page.text
        assert html.escape(problem.page.title[language]) in page.text


@pytest.mark.parametrize("problem_id", catalogue())
async def test_every_exercise_is_shown_in_every_form_and_language(client: httpx.AsyncClient, problem_id: str) -> None:
    for seed in (0, 1):
        variant = deal(find(problem_id), seed)
        for form in variant.forms:
            for language, tag in (("en", "en"), ("zh", "zh-Hans")):
                page = await client.get(f"/{language}/problems/{problem_id}?seed={seed}&form={form}")
                assert page.status_code == 200
                assert f'<html lang="{tag}">' in page.text
                assert all(inputs(page, field.name) for field in variant.fields(form))
                assert not re.search(r"<[^>]* style=|<style|<script>|{{|\$[^<]*\$", page.text)


async def test_nothing_that_gives_the_key_away_stands_on_the_page_before_an_answer(client: httpx.AsyncClient) -> None:
    for problem in catalogue().values():
        variant = deal(problem, 1)
        for form in variant.forms:
            page = (await client.get(f"/en/problems/{problem.id}?seed=1&form={form}")).text
            assert block(variant.solution.en) not in page
            for field in variant.fields(form):
                for option in getattr(field.kind, "options", ()):
                    assert ":" not in option.source or option.source not in page
                    assert option.reason is None or html.escape(option.reason.en) not in page


async def test_the_other_language_is_one_link_away_with_the_same_variant(client: httpx.AsyncClient) -> None:
    page = await client.get("/en/problems/1.6?seed=3&form=choice")
    assert 'href="/zh/problems/1.6?seed=3&amp;form=choice" lang="zh-Hans"' in page.text


async def test_a_right_answer_is_stored_and_leads_to_its_own_page(app: FastAPI, client: httpx.AsyncClient) -> None:
    response = await fill_in(client, "/en/problems/1.6?seed=0", w=KEY_16)
    assert response.status_code == 303
    result = await client.get(response.headers["location"])
    assert "Right: 1 of 1 point" in result.text
    assert tuple(values(result, "w")) == KEY_16
    assert "Show the worked solution" in result.text
    assert attempts(app) == 1


async def test_a_wrong_answer_shows_which_components_are_wrong(client: httpx.AsyncClient) -> None:
    response = await fill_in(client, "/en/problems/1.6", w=(*KEY_16[:3], "0.445"))
    result = await client.get(response.headers["location"])
    assert "Not right yet: 0 of 1 point" in result.text
    assert [each["class"] for each in inputs(result, "w")] == ["right", "right", "right", "wrong"]
    assert 'id="w-feedback"' in result.text


async def test_a_vector_pasted_into_one_box_is_read_without_a_script(client: httpx.AsyncClient) -> None:
    response = await fill_in(client, "/en/problems/1.6", w=(f"[{', '.join(KEY_16)}]", "", "", ""))
    result = await client.get(response.headers["location"])
    assert "Right: 1 of 1 point" in result.text
    assert values(result, "w") == ["-0.527", "1.22", "-1.047", "-0.445"]


async def test_an_unreadable_answer_keeps_the_input_and_stores_nothing(app: FastAPI, client: httpx.AsyncClient) -> None:
    page = await fill_in(client, "/zh/problems/1.6", w=("0,5", '"><script>', "", "1"))
    assert page.status_code == 200
    assert values(page, "w") == ["0,5", '"><script>', "", "1"]
    assert [each.get("aria-invalid") for each in inputs(page, "w")] == ["true", None, None, None]
    assert "w-error" in str(inputs(page, "w")[0]["aria-describedby"])
    assert '<p class="problem" id="w-error">小数点请用' in page.text
    assert attempts(app) == 0


@pytest.mark.parametrize(("problem_id", "sentence"), [("1.1", "Choose one option."), ("2.2", "at least one")])
async def test_nothing_chosen(client: httpx.AsyncClient, problem_id: str, sentence: str) -> None:
    page = await fill_in(client, f"/en/problems/{problem_id}")
    assert sentence in page.text


async def test_options_that_were_not_chosen_are_not_judged(client: httpx.AsyncClient) -> None:
    response = await fill_in(client, "/en/problems/2.5", answer=["1", "4"])  # published: 4 and 5
    result = await client.get(response.headers["location"])
    chosen = [each["value"] for each in inputs(result, "answer") if "checked" in each]
    assert chosen == ["1", "4"]
    assert len(re.findall(r'class="verdict (?:ok|no)"', result.text)) == 2


async def test_the_feedback_says_why_the_published_key_is_disputed(client: httpx.AsyncClient) -> None:
    disputed = next(problem for problem in catalogue().values() if problem.erratum and "choice" in problem.forms(0))
    key = disputed.published["answer"]
    response = await fill_in(client, f"/en/problems/{disputed.id}?form=choice", answer=key)
    result = await client.get(response.headers["location"])
    assert "Right: 1 of 1 point" in result.text
    assert disputed.erratum is not None
    first_words = html.escape(disputed.erratum.reason.en.split("$")[0][:40])
    assert first_words in result.text


async def test_a_double_click_stores_one_attempt_a_mended_answer_another(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    form = hidden(await client.get("/en/problems/1.6"))
    sent = [await client.post("/en/problems/1.6", data=form | {"w": KEY_16}) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    mended = await client.post("/en/problems/1.6", data=form | {"w": ("1", "2", "3", "4")})
    assert mended.headers["location"] != sent[0].headers["location"]
    assert attempts(app) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _form, _headers: {"token": "0.forged"}, id="forged token"),
        pytest.param(lambda _form, _headers: {"token": ""}, id="no token"),
        pytest.param(lambda form, _headers: {"token": "9" + form["token"]}, id="token from the future"),
        pytest.param(lambda _form, headers: headers.update({"Sec-Fetch-Site": "cross-site"}), id="another site"),
        pytest.param(lambda _form, headers: headers.update({"Origin": "https://other.test"}), id="another origin"),
        pytest.param(lambda _form, headers: headers.update({"Origin": "http://[::1"}), id="no origin at all"),
        pytest.param(lambda _form, headers: headers.update({"Cookie": ""}), id="no cookie"),
    ],
)
async def test_a_form_that_may_not_be_ours_is_shown_again_with_the_answer(
    app: FastAPI, client: httpx.AsyncClient, spoil: Callable[[dict[str, Any], dict[str, str]], dict[str, Any] | None]
) -> None:
    form, headers = hidden(await client.get("/en/problems/1.6")), {}
    changed = spoil(form, headers) or {}
    page = await client.post("/en/problems/1.6", data=form | {"w": KEY_16} | changed, headers=headers)
    assert page.status_code == 200
    assert "Your answer has not been checked yet" in page.text
    assert tuple(values(page, "w")) == KEY_16
    assert attempts(app) == 0


@pytest.mark.parametrize("codec", ["utf-8", "utf-7", "unicode_escape", "undefined", "punycode"])
async def test_a_body_in_a_codec_of_its_own_choice_is_no_form_of_ours(client: httpx.AsyncClient, codec: str) -> None:
    form = hidden(await client.get("/en/problems/1.6"))
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (*form.items(), *(("w", value) for value in ("+2AA-", r"\ud800", "3", "4")))
    ]
    page = await client.post(
        "/en/problems/1.6",
        content="".join([*parts, "--B--\r\n"]),
        headers={"Content-Type": f"multipart/form-data; boundary=B; charset={codec}"},
    )
    assert page.status_code == 200
    assert "Your answer has not been checked yet" in page.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://haitang.test"}])
async def test_a_form_that_a_browser_says_is_ours_is_taken(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    form = hidden(await client.get("/en/problems/1.6"))
    response = await client.post("/en/problems/1.6", data=form | {"w": KEY_16}, headers=headers)
    assert response.status_code == 303


async def test_a_form_that_was_open_for_too_long_works_at_the_second_press(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    form = hidden(await client.get("/en/problems/1.6"))
    guests = app.state.guests
    person = client.cookies["guest"].partition(".")[0]
    old = form_token.issue(guests.key, person, utc_now() - form_token.LIFETIME - timedelta(seconds=5))
    page = await client.post("/en/problems/1.6", data=form | {"w": KEY_16, "token": old})
    assert "This page had been open for too long" in page.text
    again = await client.post("/en/problems/1.6", data=hidden(page) | {"w": values(page, "w")})
    assert again.status_code == 303


async def test_a_token_is_of_no_use_to_another_guest(app: FastAPI, client: httpx.AsyncClient, browse: Browse) -> None:
    form = hidden(await client.get("/en/problems/1.6"))
    async with browse(app) as other:
        await other.get("/en/problems/1.6")
        page = await other.post("/en/problems/1.6", data=form | {"w": KEY_16})
    assert page.status_code == 200
    assert attempts(app) == 0


async def test_a_busy_server_keeps_the_answer_on_the_page(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_job: object) -> None:
        raise WriterFull

    monkeypatch.setattr(app.state.service.writer, "write", full)
    page = await fill_in(client, "/zh/problems/1.6", w=KEY_16)
    assert page.status_code == 503
    assert "retry-after" in page.headers
    assert tuple(values(page, "w")) == KEY_16


async def test_another_way_to_answer_is_offered_where_there_is_one(client: httpx.AsyncClient) -> None:
    pages = {name: await client.get(f"/en/problems/{name}?seed=1") for name in ("1.6", "2.1", "2.2")}
    assert [name for name, page in pages.items() if "Way to answer" in page.text] == ["1.6"]


async def test_another_variant_keeps_the_form(client: httpx.AsyncClient) -> None:
    seeds = set()
    for _ in range(5):
        response = await client.get("/zh/problems/1.6/another?form=choice")
        address = re.fullmatch(r"/zh/problems/1\.6\?seed=([1-9]\d*)&form=choice", response.headers["location"])
        assert response.status_code == 303
        assert address
        seeds.add(address[1])
    assert len(seeds) > 1


async def test_own_attempts_come_in_pages_and_are_nobody_elses(
    app: FastAPI, client: httpx.AsyncClient, browse: Browse
) -> None:
    form = hidden(await client.get("/en/problems/1.1"))
    for number in range(27):
        await client.post("/en/problems/1.1", data=form | {"answer": "B", "key": str(number)})
    first = await client.get("/en/attempts")
    listed = re.findall(r'href="/en/attempts/([0-9a-f-]{36})"', first.text)
    assert len(listed) == 25
    older = re.search(r'href="(/en/attempts\?cursor=[^"]+)"', first.text)
    assert older
    rest = await client.get(older[1])
    assert len(re.findall(r'href="/en/attempts/([0-9a-f-]{36})"', rest.text)) == 2
    async with browse(app) as other:
        assert "Nothing here yet" in (await other.get("/en/attempts")).text
        assert (await other.get(f"/en/attempts/{listed[0]}", headers={"Accept": "text/html"})).status_code == 404


async def test_the_catalogue_shows_what_is_solved(client: httpx.AsyncClient) -> None:
    assert "Solved" not in (await client.get("/en")).text
    await fill_in(client, "/en/problems/1.6", w=("1", "1", "1", "1"))
    assert "Tried" in (await client.get("/en")).text
    await fill_in(client, "/en/problems/1.6", w=KEY_16)
    assert "Solved" in (await client.get("/en")).text
    assert "2 attempts" in (await client.get("/en/problems/1.6")).text


async def test_the_preview_says_how_an_answer_would_be_read(client: httpx.AsyncClient) -> None:
    async def preview(*cells: str) -> str:
        address = "/en/problems/1.6/preview"
        return (await client.get(address, params={"seed": "0", "form": "open", "w": list(cells)})).text.strip()

    assert (await preview("1/2", "−1", ".5", "1e-3")).startswith("read as <math>")
    assert await preview("1", "", "", "") == ""
    assert "1.5 instead of 1,5" in await preview("1,5", "1", "1", "1")


async def test_the_data_can_be_copied_into_a_program(client: httpx.AsyncClient) -> None:
    page = (await client.get("/en/problems/1.6?seed=3")).text
    numpy_code = html.unescape(re.search(r'<pre id="code-1">(.*?)</pre>', page, re.DOTALL)[1])  # type: ignore[index]
    copied: dict[str, Any] = {}
    exec(numpy_code, copied)
    data = deal(find("1.6"), 3).parameters
    assert copied["X"].tolist() == data["X"]
    assert copied["step_size"] == data["step_size"]
    assert "X = [\n" in page


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/en/nowhere", 404, "There is no page at this address."),
        ("/zh/problems/9.9", 404, "没有这个编号的习题。"),
        (f"/en/problems/1.6?seed={MAX_SEED + 1}", 404, "There is no variant with this number."),
        ("/en/problems/1.6?seed=-1", 404, "There is no variant with this number."),
        ("/en/problems/1.6?seed=many", 422, "A whole number is needed here."),
        (f"/en/problems/1.6?seed={10**30}", 422, "This number is too large."),
        ("/zh/problems/1.1?form=open", 422, "这个变式不能用这种方式作答。"),
        ("/en/attempts/none", 404, "There is no such attempt"),
        ("/en/attempts/%00", 404, "There is no such attempt"),
        ("/en/attempts?cursor=none", 422, "Send a cursor as it was received"),
        ("/fr", 404, "There is no page at this address."),
    ],
)
async def test_errors_are_pages_in_the_language_of_the_address(
    client: httpx.AsyncClient, address: str, status: int, sentence: str
) -> None:
    page = await client.get(address)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert sentence in page.text


async def test_a_seed_that_was_stored_with_an_attempt_is_shown_again(client: httpx.AsyncClient) -> None:
    response = await fill_in(client, f"/en/problems/1.1?seed={MAX_SEED}", answer="A")
    assert (await client.get(response.headers["location"])).status_code == 200


@pytest.mark.parametrize("settings", [{"guest_practice": False}], indirect=True)
async def test_without_guest_practice_the_page_says_so(client: httpx.AsyncClient) -> None:
    page = await client.get("/en/problems/1.6")
    assert "Practice without an account is switched off" in page.text
    assert '<button type="submit">' not in page.text
    refused = await client.post("/en/problems/1.6", data=hidden(page) | {"w": KEY_16})
    assert refused.status_code == 401


@pytest.fixture
def settings(database_url: str, request: pytest.FixtureRequest) -> Settings:
    changed = getattr(request, "param", {})
    return Settings(database_url=database_url, secret="a secret of the tests, which is long enough", **changed)


async def test_static_files_are_kept_for_ever_under_an_address_of_their_own(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{static_address()}/book.css")
    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]
    missing = await client.get(f"{static_address()}/../main.py")
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")


async def test_a_page_is_not_kept_by_shared_caches(client: httpx.AsyncClient) -> None:
    page = await client.get("/en/problems/1.6")
    assert page.headers["cache-control"] == "private, no-cache"
    assert "unsafe" not in page.headers["content-security-policy"]
