"""Who somebody is: the subject of an issuer. A person is made at the first launch and found again by these two alone.

An e-mail address proves nothing here: whoever administers a platform can write any address into a message, and would
take over the account of that address.
"""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.accounts import people
from app.accounts.models import Person
from app.lti.models import Identity
from app.lti.refusals import RefusedError

NAME_LENGTH = 40  # characters of a subject that stands for a name


def person_of(session: Session, issuer: str, subject: str, name: str, now: datetime) -> str:
    """The id of the person, made if they come for the first time.

    The platform's name for them is taken over at every launch, unless they have an address or a password of their own.

    Raises:
        RefusedError: the account is closed.

    """
    mine = select(Person).join(Identity, Identity.person_id == Person.id)
    person = session.scalar(mine.where(Identity.issuer == issuer, Identity.subject == subject))
    if person is None:
        return make_person(session, issuer, subject, name, now)
    if person.disabled_at is not None:
        raise RefusedError("closed-account", "The account of this person is closed here.")
    if name and person.email is None and person.password_hash is None:
        person.name = name
    return person.id


def make_person(session: Session, issuer: str, subject: str, name: str, now: datetime) -> str:
    """A user without address or password, who comes by launches only.

    A platform may keep names to itself; those who teach then know people apart by the subject alone.
    """
    person_id = people.create(session, None, now, name=name or f"#{subject}"[:NAME_LENGTH], email=None)
    session.execute(insert(Identity), {"issuer": issuer, "subject": subject, "person_id": person_id, "created_at": now})
    return person_id
