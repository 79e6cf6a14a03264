"""Bounded bodies, security headers and the last resort, around tiny real applications."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.core.middleware import CONTENT_SECURITY_POLICY, SECURITY_HEADERS, BoundedBody, Guard

pytestmark = pytest.mark.anyio


async def echo(scope, receive, send):
    await Response(await Request(scope, receive).body())(scope, receive, send)


def client(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haitang.test")


async def pieces(*sizes: int, every: float = 0.0) -> AsyncIterator[bytes]:
    for size in sizes:
        await asyncio.sleep(every)
        yield b"x" * size


@pytest.mark.parametrize("sizes", [(), (100,), (50, 50), (1,) * 100])
async def test_a_body_within_the_limit_arrives_whole(sizes):
    async with client(BoundedBody(echo, limit=100)) as browser:
        response = await browser.post("/", content=pieces(*sizes))
    assert response.content == b"x" * sum(sizes)


@pytest.mark.parametrize("content", [b"x" * 101, pieces(60, 60)], ids=["announced", "in pieces"])
async def test_a_body_beyond_the_limit_is_refused_and_the_connection_closed(content):
    async with client(BoundedBody(echo, limit=100)) as browser:
        response = await browser.post("/", content=content)
    assert (response.status_code, response.json()["type"]) == (413, "/errors/content-too-large")
    assert response.headers["connection"] == "close"


async def test_an_announced_size_is_refused_before_anything_is_read():
    async def never():
        raise AssertionError("the body was read")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"9" * 5000)]}
    await BoundedBody(echo, limit=100)(scope, never, send)
    assert sent[0]["status"] == 413


async def test_a_body_that_comes_too_slowly_is_not_waited_for():
    async with client(BoundedBody(echo, limit=100, seconds=0.05)) as browser:
        response = await browser.post("/", content=pieces(1, 1, 1, every=0.04))
    assert (response.status_code, response.json()["type"]) == (408, "/errors/request-timeout")


async def test_a_client_that_leaves_meanwhile_leaves_nothing_behind():
    messages = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return messages.pop(0)

    async def never(*_):
        raise AssertionError("the application was called")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    await BoundedBody(never, limit=100)(scope, receive, never)
    assert messages == []


async def fails(_request: Request) -> Response:
    raise RuntimeError("a secret of the inside")


async def framed(_request: Request) -> Response:
    return PlainTextResponse("", headers={"Content-Security-Policy": "frame-ancestors https://lms.test"})


def guarded() -> FastAPI:
    app = FastAPI(routes=[Route("/fails", fails), Route("/framed", framed)])
    app.add_middleware(Guard)
    return app


async def test_an_unexpected_failure_tells_nothing_and_is_logged(caplog):
    with caplog.at_level(logging.ERROR):
        async with client(guarded()) as browser:
            response = await browser.get("/fails")
    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert response.json() == {"type": "/errors/internal", "title": "Something went wrong here", "status": 500}
    assert "a secret of the inside" in caplog.text


@pytest.mark.parametrize("path", ["/fails", "/unknown"])
async def test_every_response_has_the_security_headers(path):
    async with client(guarded()) as browser:
        response = await browser.get(path)
    assert {name: response.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "unsafe" not in CONTENT_SECURITY_POLICY


async def test_a_response_may_set_a_policy_of_its_own():
    async with client(guarded()) as browser:
        response = await browser.get("/framed")
    assert response.headers.get_list("content-security-policy") == ["frame-ancestors https://lms.test"]
