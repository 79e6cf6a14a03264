"""What courses know of a person who is forgotten: the student number, invitations to their address, reasons."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.forgetting import Forgotten
from app.core import idempotency
from app.courses.models import Enrolment, Extension, Invitation
from app.courses.roles import STAFF


def forget_in_courses(session: Session, forgotten: Forgotten) -> None:
    """A student stays in the class list, without name and number, so that no figure of a report moves.

    Who teaches takes part no longer. An invitation to the address would be open to everybody without it, so it is
    revoked. The dates of extensions stay, since scores depend on them.
    """
    person_id, now = forgotten.person_id, forgotten.at
    mine = Enrolment.person_id == person_id
    session.execute(update(Enrolment).where(mine).values(student_number=None))
    teaching = (mine, Enrolment.role.in_(sorted(STAFF)), Enrolment.ended_at.is_(None))
    session.execute(update(Enrolment).where(*teaching).values(ended_at=now))
    session.execute(update(Extension).where(Extension.person_id == person_id).values(reason=""))
    if forgotten.email is not None:
        to_them = Invitation.email == forgotten.email
        open_ = (to_them, Invitation.revoked_at.is_(None))
        session.execute(update(Invitation).where(*open_).values(revoked_at=now))
        session.execute(update(Invitation).where(to_them).values(email=None))
    told = [person_id, *session.scalars(select(Enrolment.id).where(mine))]
    staff = select(Enrolment.person_id).where(Enrolment.role.in_(sorted(STAFF)))
    idempotency.forget_resources(session, told, staff)
