"""What the attempts at an item come to, and by which settings.

    grades            one row a student and item, derived from attempts, scores, overrides and settings
    overrides         grades that were given by hand; the newest counts, one without points withdraws it
    item_revisions    the settings of an item, whenever they were changed after the first answer
    regrades          who changed them, why, and what it changed
    drafts            answers that are not given yet
    opened_hints      hints that cost something, and who has opened them

Overrides and revisions are never changed (triggers, in the migration). A grade can be thrown away and derived again.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Person
from app.core.models import SERIAL, UUID_TEXT, Base
from app.courses.models import Assignment, Item


class ItemGrade(Base):
    """A student's grade at an item; the columns are those of `app.attempts.counting.Outcome`.

    `score` is in points. `last_activity` is the arrival of the newest attempt; a student who has none has a row only
    where points were given by hand or to all. `first_right`, `tally` and `seconds` (JSON) are those of
    `app.attempts.tally.Tally`, which reports add up.
    """

    __tablename__ = "grades"
    __table_args__ = (CheckConstraint("status IN ('graded', 'waiting', 'void')", name="status"),)

    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    score: Mapped[float | None]
    raw_share: Mapped[float | None]
    attempts: Mapped[int]
    counted_attempt: Mapped[str | None] = mapped_column(UUID_TEXT)
    late: Mapped[bool]
    overridden: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    last_activity: Mapped[datetime | None]
    updated_at: Mapped[datetime]
    first_right: Mapped[int | None]
    # Texts: a report reads two hundred thousand of them, and most are equal.
    tally: Mapped[str] = mapped_column(Text, server_default=text("'[]'"))
    seconds: Mapped[str] = mapped_column(Text, server_default=text("'[]'"))


class Override(Base):
    """Points given by hand, with the reason; `points` is None where an earlier override is withdrawn."""

    __tablename__ = "overrides"
    __table_args__ = (Index(None, "item_id", "person_id", "id"), CheckConstraint("points >= 0", name="points"))

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id))
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id))
    points: Mapped[float | None]
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]


class ItemRevision(Base):
    """The settings of an item under one number (`app.attempts.item_settings.ItemSettings`).

    `restores` is the number of the revision whose scores count again, where this one undoes a regrade.
    """

    __tablename__ = "item_revisions"
    __table_args__ = (UniqueConstraint("item_id", "number"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]]
    restores: Mapped[int | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    reason: Mapped[str] = mapped_column(String(500))


class Regrade(Base):
    """One change of an item's settings with all its consequences.

    `state` is "applying" or "undoing" while a long one goes through in parts. `summary` counts what it changed.
    """

    __tablename__ = "regrades"
    __table_args__ = (
        CheckConstraint("state IN ('applying', 'applied', 'undoing', 'undone')", name="state"),
        Index(None, "assignment_id", "id"),
        Index(None, "item_id", "id"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    assignment_id: Mapped[str] = mapped_column(ForeignKey(Assignment.id))
    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id))
    from_revision: Mapped[int]
    to_revision: Mapped[int]
    undone_by: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    at: Mapped[datetime]
    summary: Mapped[dict[str, Any]]


class Draft(Base):
    """What a student has entered at an item and not yet sent, as the form of the page would send it."""

    __tablename__ = "drafts"

    # A draft is no answer, and keeps nobody from removing the item.
    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    answers: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class OpenedHint(Base):
    """A student has opened a hint that costs a share of the points; `cost` is what it cost then.

    Attempts that arrive afterwards are worth less. A hint is no answer, and keeps nobody from removing the item.
    """

    __tablename__ = "opened_hints"
    __table_args__ = (CheckConstraint("cost >= 0 AND cost <= 1", name="cost"),)

    item_id: Mapped[str] = mapped_column(ForeignKey(Item.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cost: Mapped[float]
    opened_at: Mapped[datetime]
