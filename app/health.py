"""For whoever watches the service: does the process live, and can it do its work."""

import asyncio
from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.attempts.service import service_of
from app.core.errors import UnavailableError
from app.core.migrate import is_current
from app.core.problem_details import documented

router = APIRouter(tags=["health"])

SECONDS = 5.0
NO_STORE = {"Cache-Control": "no-store"}


class Health(BaseModel):
    status: str


@router.get("/healthz", operation_id="isAlive", summary="The process lives", response_model=Health)
async def healthz() -> Response:
    return Response(b'{"status":"alive"}', headers=NO_STORE, media_type="application/json")


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="The database answers, its schema is current, and the writer commits",
    response_model=Health,
    responses=documented(UnavailableError),
)
async def readyz(request: Request) -> Response:
    service = service_of(request)
    try:
        async with asyncio.timeout(SECONDS):
            current = await service.database.read(is_current)
            await service.writer.write(_nothing)
    except TimeoutError:
        raise UnavailableError("The database does not answer.", headers={"Retry-After": "5"}) from None
    if not current:
        raise UnavailableError("The schema of the database is not current.", headers={"Retry-After": "5"})
    return Response(b'{"status":"ready"}', headers=NO_STORE, media_type="application/json")


def _nothing(_session: Session) -> None:
    """A job that writes nothing, but whose transaction must begin and commit."""


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "isAlive": lambda: {"status": "alive"},
    "isReady": lambda: {"status": "ready"},
}
