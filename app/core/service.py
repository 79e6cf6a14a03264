"""The parts that use cases need, put together once in `app.main`."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from app.core.clock import Clock
from app.core.database import Database
from app.core.outgoing import Outgoing
from app.core.settings import Settings
from app.core.writer import Writer


@dataclass(frozen=True, slots=True)
class Service:
    settings: Settings
    database: Database
    writer: Writer
    clock: Clock
    outgoing: Outgoing


def service_of(connection: HTTPConnection) -> Service:
    """The service that answers this request."""
    service: Service = connection.app.state.service
    return service
