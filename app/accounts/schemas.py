"""The JSON of accounts as OpenAPI tells it; the bodies validate."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from app.accounts.models import ApiToken, AuditEntry, Person
from app.accounts.scopes import Scope
from app.core.json_body import Body

EXAMPLE_ID = "01a2054b-5386-70de-b9b7-058e224f8480"
MAX_DAYS = 366


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Email = Annotated[str, Field(max_length=254)]


class Me(BaseModel):
    """Who is asking, as this server sees them."""

    via: Literal["session", "token", "guest", "anonymous"]
    id: str | None = Field(description="null for a caller who is nobody")
    name: str | None
    email: str | None
    is_admin: bool
    scopes: list[Scope]


class TokenRequest(Body):
    """A token to be made. What it may do is at most what its owner may, and what the token that makes it may."""

    name: Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=100)]
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    days: int = Field(default=90, ge=1, le=MAX_DAYS, description="until it expires")


class TokenOut(BaseModel):
    """A token without its secret."""

    id: str = Field(description="the part of the token that is no secret")
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="exact to some minutes")


class NewToken(TokenOut):
    """A token that was made just now. `token` is shown this once."""

    token: str


class TokenPage(BaseModel):
    items: list[TokenOut]
    next_cursor: str | None


class PersonRequest(Body):
    """Somebody who shall have an account. They choose their password by a sign-in link."""

    name: Name
    email: Email
    is_admin: bool = False


class PersonChange(Body):
    """What shall be different; members that are left out stay as they are."""

    name: Name | None = None
    email: Email | None = None
    is_admin: bool | None = None
    disabled: bool | None = Field(default=None, description="a closed account is signed out everywhere")


class DeletionRequest(Body):
    """What confirms that an account shall be deleted for good."""

    password: str = Field(default="", max_length=1000)
    confirmation: str = Field(max_length=254, description="one's e-mail address; `delete` for who has none")


class ForgottenOut(BaseModel):
    """Somebody of whom nothing is known any more but the id under which answers and scores stand."""

    id: str
    forgotten_at: datetime


class PersonOut(BaseModel):
    id: str = Field(json_schema_extra={"format": "uuid"})
    name: str
    email: str | None
    is_admin: bool
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    forgotten_at: datetime | None


class PersonPage(BaseModel):
    items: list[PersonOut]
    next_cursor: str | None


class SignInLinkOut(BaseModel):
    """An address that signs a person in once. It is shown this once; a new one voids it."""

    path: str = Field(description="relative to this server; `/en/` may be replaced by `/zh/`")
    expires_at: datetime


class AuditEntryOut(BaseModel):
    id: int
    at: datetime
    actor: str | None = Field(description="the person who did it; null for the command line")
    course: str | None
    action: str
    subject: str
    detail: dict[str, Any]
    hash: str = Field(description="covers the entry and the hash before it")


class AuditPage(BaseModel):
    items: list[AuditEntryOut]
    next_cursor: str | None


class AuditVerdict(BaseModel):
    """Whether every hash of the audit log fits; `head` is the newest that does."""

    holds: bool
    entries: int
    head: str
    broken_at: int | None = Field(description="the first entry that does not fit")


def token_json(token: ApiToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenOut.model_fields}


def person_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "is_admin": person.is_admin,
        "has_password": person.password_hash is not None,
        "created_at": person.created_at,
        "disabled_at": person.disabled_at,
        "forgotten_at": person.forgotten_at,
    }


def entry_json(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor_id,
        "course": entry.course_id,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "hash": entry.hash,
    }


ME_EXAMPLE = {
    "via": "token",
    "id": EXAMPLE_ID,
    "name": "Lin Hai",
    "email": "lin.hai@example.edu",
    "is_admin": False,
    "scopes": ["read", "attempt"],
}
TOKEN_EXAMPLE = {
    "id": "6f1d0c9a2b47",
    "name": "notebook",
    "scopes": ["read", "attempt"],
    "created_at": "2026-03-02T08:15:30.123456Z",
    "expires_at": "2026-05-31T08:15:30.123456Z",
    "revoked_at": None,
    "last_used_at": None,
}
PERSON_EXAMPLE = {
    "id": EXAMPLE_ID,
    "name": "Lin Hai",
    "email": "lin.hai@example.edu",
    "is_admin": False,
    "has_password": True,
    "created_at": "2026-03-02T08:15:30.123456Z",
    "disabled_at": None,
    "forgotten_at": None,
}
ENTRY_EXAMPLE = {
    "id": 17,
    "at": "2026-03-02T08:15:30.123456Z",
    "actor": EXAMPLE_ID,
    "course": None,
    "action": "token.create",
    "subject": "6f1d0c9a2b47",
    "detail": {"scopes": ["read", "attempt"]},
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
