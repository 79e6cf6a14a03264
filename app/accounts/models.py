"""Who answers, and what lets them in.

    people ◄── sessions · api_tokens · sign_in_links          audit_log: what was done, by whom

Whatever opens a door (the id of a session, the secret of a token or link) is stored as a SHA-256 digest only. These are
random and long, so that a slow hash would add nothing; passwords are neither, and are hashed with Argon2.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import SERIAL, UUID_TEXT, Base

DIGEST = String(64)


class Person(Base):
    """A guest is known by a cookie alone; a user signs in.

    `email` is in lower case, the address by which a user signs in; `disabled_at` closes every door to the account.
    `claimed_by` names the user to whom the attempts of a guest belong: an attempt itself is never changed.
    `forgotten_at`: what said who this was has been removed (`app.accounts.forgetting`), for good.
    """

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("kind IN ('guest', 'user')", name="kind"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(200), server_default=text("''"))
    email: Mapped[str | None] = mapped_column(String(254), unique=True, index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(server_default=false())
    disabled_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"), index=True)
    forgotten_at: Mapped[datetime | None]


class SignInSession(Base):
    """A browser in which somebody is signed in. `expires_at` is the absolute end, whatever the use.

    `frame_ancestors`: the origins, with spaces between, whose pages may show this session's pages in a frame.
    """

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(String(200))
    frame_ancestors: Mapped[str | None] = mapped_column(String(1000))


class ApiToken(Base):
    """A key for programs: `haitang_<id>_<secret>`. The id is public; `scopes` says what the token may do."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    name: Mapped[str] = mapped_column(String(100))
    secret_hash: Mapped[str] = mapped_column(DIGEST)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class SignInLink(Base):
    """An address that signs a person in once. `purpose` says for what it was made, and changes nothing."""

    __tablename__ = "sign_in_links"
    __table_args__ = (CheckConstraint("purpose IN ('setup', 'invitation', 'reset')", name="purpose"),)

    token_hash: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One thing that somebody did. Each entry's hash covers the hash before it, so that none can be changed unseen.

    The database refuses UPDATE and DELETE (triggers, in the migration). `actor_id` is empty for the command line. Names
    and addresses do not belong in `detail`, since an entry can't be removed when a person asks to be forgotten.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "course_id", "id"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    course_id: Mapped[str | None] = mapped_column(UUID_TEXT)
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(DIGEST, unique=True, index=True)
    hash: Mapped[str] = mapped_column(DIGEST)
