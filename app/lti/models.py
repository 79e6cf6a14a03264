"""LTI: which platforms may launch, what was launched, and the scores that go back.

    lti_keys                                   our own keys
    lti_used_logins                            logins that nobody may finish again
    lti_registrations ─► lti_platforms ◄── lti_deployments ◄── lti_contexts ──► courses
                             ▲   ▲              ▲                ▲   ▲  ▲
                             │   │              ├── lti_links ───┘   │  └── lti_copies ──► assignments
         lti_identities ─────┘   │              │      ▲             │
                          lti_line_items ───────│──────┘        lti_roster
                                 ▲              │
                            lti_scores     lti_launches

A registration is an issuer and a client; one issuer may have many, each with many deployments. Identifiers of the
platform are at most 255 characters long (LTI 1.3 core, 5.3); what is longer is refused before it gets here. What opens
a door (the state of a login, an invitation) is stored as a SHA-256 digest only.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import DIGEST, Person
from app.core.models import SERIAL, UUID_TEXT, Base
from app.courses.models import Assignment, Course

NAME = String(255)  # an identifier that the platform made
URL = String(2000)

ScoreState: TypeAlias = Literal["pending", "held", "sent", "failed"]
MessageType: TypeAlias = Literal["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]


class Key(Base):
    """A key pair of ours, `kid` its RFC 7638 thumbprint. The newest signs; all that are not retired are published."""

    __tablename__ = "lti_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private_key: Mapped[str] = mapped_column(Text)  # PKCS#8, PEM
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Platform(Base):
    """A registration: what the platform calls us (`client_id`), and where it is.

    `token_audience` is the `aud` of our client assertions where it is not `token_url`. `product` is the family code
    that the platform gives itself (`tool_platform`), empty until it is known.
    """

    __tablename__ = "lti_platforms"
    __table_args__ = (UniqueConstraint("issuer", "client_id"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    issuer: Mapped[str] = mapped_column(NAME)
    client_id: Mapped[str] = mapped_column(NAME)
    authorization_url: Mapped[str] = mapped_column(URL)
    token_url: Mapped[str] = mapped_column(URL)
    token_audience: Mapped[str | None] = mapped_column(URL)
    keyset_url: Mapped[str] = mapped_column(URL)
    product: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    created_by: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    disabled_at: Mapped[datetime | None]


class Deployment(Base):
    __tablename__ = "lti_deployments"
    __table_args__ = (UniqueConstraint("platform_id", "deployment_id"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey(Platform.id))
    deployment_id: Mapped[str] = mapped_column(NAME)
    created_at: Mapped[datetime]


class UsedLogin(Base):
    """The state of a login that has been used up, so that nothing is done twice; of no use once the login has ended."""

    __tablename__ = "lti_used_logins"

    state_hash: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Identity(Base):
    """Who somebody is: the subject of an issuer, whatever client was asked. Never found by e-mail."""

    __tablename__ = "lti_identities"

    issuer: Mapped[str] = mapped_column(NAME, primary_key=True)
    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    created_at: Mapped[datetime]


class Context(Base):
    """A course of the platform, which is one of ours. The addresses of its services are those of the newest launch.

    `scopes` are what the platform grants for line items (AGS); `title` is the platform's.
    """

    __tablename__ = "lti_contexts"
    __table_args__ = (UniqueConstraint("deployment_id", "context_id"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey(Deployment.id))
    context_id: Mapped[str] = mapped_column(NAME)
    title: Mapped[str] = mapped_column(String(200))
    course_id: Mapped[str] = mapped_column(ForeignKey(Course.id), index=True)
    memberships_url: Mapped[str | None] = mapped_column(URL)
    line_items_url: Mapped[str | None] = mapped_column(URL)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Link(Base):
    """A resource link of a context; `assignment_id` is None until somebody who teaches has chosen one.

    `named` is the assignment that the platform named when it was last looked at: what was chosen here stays until the
    platform names another.
    `line_item_url` is what the newest launch named. `line_item_due_at`: when to ask the platform next for the link's
    line item; None where there is nothing to ask.
    """

    __tablename__ = "lti_links"
    __table_args__ = (UniqueConstraint("deployment_id", "resource_link_id"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey(Deployment.id))
    resource_link_id: Mapped[str] = mapped_column(NAME)
    title: Mapped[str] = mapped_column(String(200))
    context_id: Mapped[str] = mapped_column(ForeignKey(Context.id), index=True)
    assignment_id: Mapped[str | None] = mapped_column(ForeignKey(Assignment.id), index=True)
    named: Mapped[str | None] = mapped_column(UUID_TEXT)
    line_item_url: Mapped[str | None] = mapped_column(URL)
    line_item_due_at: Mapped[datetime | None] = mapped_column(index=True)
    created_at: Mapped[datetime]


class Copy(Base):
    """The platform copied a course: links that name `source_id` mean `assignment_id` in this context."""

    __tablename__ = "lti_copies"

    context_id: Mapped[str] = mapped_column(ForeignKey(Context.id), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id), primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id))
    created_at: Mapped[datetime]


class LineItem(Base):
    """A column of the platform's gradebook to which scores of an assignment go; `url` is its identity there."""

    __tablename__ = "lti_line_items"
    __table_args__ = (UniqueConstraint("platform_id", "url"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    platform_id: Mapped[str] = mapped_column(ForeignKey(Platform.id))
    link_id: Mapped[str | None] = mapped_column(ForeignKey(Link.id), index=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id), index=True)
    url: Mapped[str] = mapped_column(URL)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]


class Score(Base):
    """The outbox: one row a line item and person, so that only the newest score counts.

    - `generation` rises with every change of the grade; `sent_generation` is that of the last one delivered.
    - `due_at`: when to try next; in the future while the release policy withholds the score (`held`).
    - `leased_until`, `leased_by`: a sender has it in hand.
    - `last_timestamp`: of the score last taken, or that may have been; strictly rising. `last_score` of `last_max`,
      `final`: what was taken.
    - `last_status`: the platform's answer (HTTP); None when there was none.
    """

    __tablename__ = "lti_scores"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'held', 'sent', 'failed')", name="state"),
        UniqueConstraint("line_item_id", "person_id"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    line_item_id: Mapped[str] = mapped_column(ForeignKey(LineItem.id))
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    subject: Mapped[str] = mapped_column(NAME)
    generation: Mapped[int]
    sent_generation: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    tries: Mapped[int]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(64))
    last_timestamp: Mapped[datetime | None]
    last_score: Mapped[float | None]
    last_max: Mapped[float | None]
    final: Mapped[bool]
    last_error: Mapped[str | None] = mapped_column(String(500))
    last_status: Mapped[int | None]
    updated_at: Mapped[datetime]


class RosterEntry(Base):
    """A row of the platform's class list as it was last seen, roles unmapped, for those who teach.

    `person_id` is None for who is not taken into the course (a mentor, somebody without a role).
    """

    __tablename__ = "lti_roster"

    context_id: Mapped[str] = mapped_column(ForeignKey(Context.id), primary_key=True)
    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[Any]]
    status: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id), index=True)
    seen_at: Mapped[datetime]


class Registration(Base):
    """An invitation by an administrator to one platform to register itself, once."""

    __tablename__ = "lti_registrations"

    token_hash: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    platform_id: Mapped[str | None] = mapped_column(ForeignKey(Platform.id))


class Launch(Base):
    """What a session was launched with, so that what follows (a deep-link response, a choice) is bound to it.

    `session_hash` is the session's `id_hash`; another session can't use the launch. `roles` are as they came.
    `deep_linking` holds the settings claim of a deep-linking request. `used_at`: its response has been given.
    """

    __tablename__ = "lti_launches"
    __table_args__ = (
        CheckConstraint("message_type IN ('LtiResourceLinkRequest', 'LtiDeepLinkingRequest')", name="message_type"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    session_hash: Mapped[str] = mapped_column(DIGEST, index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), index=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey(Deployment.id))
    context_id: Mapped[str | None] = mapped_column(ForeignKey(Context.id))
    link_id: Mapped[str | None] = mapped_column(ForeignKey(Link.id))
    message_type: Mapped[str] = mapped_column(String(32))
    roles: Mapped[list[Any]]
    deep_linking: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
