"""The platform's class list (Names and Role Provisioning Services 2.0, 2.4), read and checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.service import Service
from app.courses.models import Role
from app.lti.claims import SCOPE_MEMBERSHIPS, role_in_course
from app.lti.messages import name_of
from app.lti.paging import collect, with_query
from app.lti.tokens import Client, Tokens

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ID_LENGTH = 255
MAX_ROLES = 100
A_PAGE = "500"
"""Members that are asked for at once (2.4.3): Moodle gives all without it, of whom a reply holds some nine hundred."""

STATUSES = ("Active", "Inactive", "Deleted")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the class list; `roles` are as they came."""

    subject: str
    name: str
    roles: tuple[str, ...]
    status: str

    @property
    def role(self) -> Role | None:
        """What they are in the course; None for who takes no part in it."""
        return role_in_course(self.roles) if self.status == "Active" else None


async def fetch(service: Service, tokens: Tokens, client: Client, url: str) -> list[Member]:
    """Everybody in the platform's list, each once.

    Raises:
        TokenError, OutgoingError, PagingError: the list can't be had.

    """
    url = with_query(url, {"limit": A_PAGE})
    return read(await collect(service, tokens, client, [SCOPE_MEMBERSHIPS], url, MEDIA_TYPE, "members"))


def read(listed: Iterable[Mapping[str, Any]]) -> list[Member]:
    """The members of a list. Whoever is there twice has the roles of both rows, and is active if one row says so."""
    found: dict[str, Member] = {}
    for row in listed:
        member = _member(row)
        if member is None:
            continue
        known = found.get(member.subject)
        if known is not None:
            roles = tuple(dict.fromkeys((*known.roles, *member.roles)))[:MAX_ROLES]
            status = "Active" if "Active" in {known.status, member.status} else known.status
            member = Member(member.subject, known.name or member.name, roles, status)
        found[member.subject] = member
    return list(found.values())


def _member(row: Mapping[str, Any]) -> Member | None:
    """None for a row that says of nobody that they are there. A status that is left out is “Active” (2.2)."""
    subject, roles = row.get("user_id"), row.get("roles")
    if isinstance(subject, int):
        subject = str(subject)
    if not isinstance(subject, str) or not 0 < len(subject) <= ID_LENGTH or not subject.isprintable():
        return None
    texts = [role[:ID_LENGTH] for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    status = row.get("status")
    return Member(subject, name_of(row), tuple(texts[:MAX_ROLES]), status if status in STATUSES else "Active")
