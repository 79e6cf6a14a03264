"""Who answers: one row a person, signed in or not."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.models import UUID_TEXT, Base


class Person(Base):
    """A guest is known by a cookie alone; a user signs in."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("kind IN ('guest', 'user')", name="kind"),)

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
