"""The parts that the use cases of attempts need beyond those of `app.core.service`."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from app.attempts.variants import Variants
from app.core import service as core
from app.core.drawings import Drawings


@dataclass(frozen=True, slots=True)
class Service(core.Service):
    variants: Variants
    drawings: Drawings


def service_of(connection: HTTPConnection) -> Service:
    """The service that answers this request."""
    service: Service = connection.app.state.service
    return service
