"""What was asked, what was answered, and what it was worth.

    variants ◄── attempts ◄── scores
                    │
                    └──► people

An attempt and its scores are never changed: the database itself refuses UPDATE and DELETE on both tables (triggers, in
the migration). A grade is derived, so a regrade appends a score, and the newest score of an attempt counts.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Person
from app.core.models import SERIAL, UUID_TEXT, Base
from app.courses.models import Item


class Variant(Base):
    """An exercise as it was dealt. A later change of its generator moves nobody's exercise, since the numbers stay.

    `parameters` are the numbers of the exercise, from which its key is computed again whenever it is needed.
    `options` says what each option stands for, as `{field: [[id, source], …]}`, where a source is `"key"` or
    `"mistake:<id>"`. `redraws` counts the draws that were thrown away because they were not well-posed.
    """

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("problem", "version", "seed"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    problem: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    redraws: Mapped[int]
    created_at: Mapped[datetime]


class Attempt(Base):
    """One submission, as it was given. `created_at` is the server's clock when the request arrived.

    `person_id` is empty for practice through the API without a sign-in: nobody can list such an attempt.

    In an assignment `item_id` is what was answered, `number` counts the person's attempts at it from 1, and `digest` is
    that of the answers as they were read (`app.attempts.assigned.digest_of`). `seconds` have passed since the person's
    attempt before it in the assignment; the first has none. In practice all four are empty.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        # Keys are UUIDv7, so this index holds a person's attempts in order of time.
        Index(None, "person_id", "id"),
        # Two processes that count at the same time can't both store the last attempt that is allowed.
        Index(None, "item_id", "person_id", "number", unique=True),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey(Person.id))
    variant_id: Mapped[int] = mapped_column(ForeignKey(Variant.id), index=True)
    form: Mapped[str] = mapped_column(String(16))
    answers: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    item_id: Mapped[str | None] = mapped_column(ForeignKey(Item.id))
    number: Mapped[int | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    seconds: Mapped[int | None]


class Score(Base):
    """An attempt graded against one version of the key under one policy; `fields` holds the result of each field.

    `revision` is that of the item's settings by which it was graded; 0 in practice.
    """

    __tablename__ = "scores"
    __table_args__ = (
        CheckConstraint("policy IN ('published', 'corrected', 'either')", name="policy"),
        CheckConstraint("score >= 0 AND score <= max_score", name="range"),
        Index(None, "attempt_id", "id"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    attempt_id: Mapped[str] = mapped_column(ForeignKey(Attempt.id))
    key_version: Mapped[int]
    policy: Mapped[str] = mapped_column(String(16))
    score: Mapped[float]
    max_score: Mapped[float]
    correct: Mapped[bool]
    fields: Mapped[list[Any]]
    created_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(server_default=text("0"))
