"""What LTI knows of a person who is forgotten, or who asks what is kept about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.forgetting import Forgotten
from app.lti.models import Identity, Launch, RosterEntry, Score


def forget_identities(session: Session, forgotten: Forgotten) -> None:
    """Identities at platforms, rows of their class lists, launches, and scores that are on their way there.

    A platform that lists the person again, or sends them again, makes a new account.
    """
    for table in (Identity, RosterEntry, Launch, Score):
        session.execute(delete(table).where(table.person_id == forgotten.person_id))


def identities_of(session: Session, person_id: str) -> Sequence[dict[str, Any]]:
    """A part of everything about one person (`app.attempts.personal`)."""
    query = select(Identity).where(Identity.person_id == person_id).order_by(Identity.issuer, Identity.subject)
    names = ("issuer", "subject", "created_at")
    return [{name: getattr(each, name) for name in names} for each in session.scalars(query)]
