"""What goes of the attempts of a person who is forgotten: drafts. Answers that were given, and scores, stay."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.forgetting import Forgotten
from app.attempts.grade_models import Draft


def forget_drafts(session: Session, forgotten: Forgotten) -> None:
    """A draft may hold any text; an answer that was taken is numbers, formulas and options."""
    session.execute(delete(Draft).where(Draft.person_id == forgotten.person_id))
