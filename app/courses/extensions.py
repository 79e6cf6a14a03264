"""Extensions: more time or more attempts at an assignment, for one person or for one section."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core.errors import ConflictError, Fault, InvalidRequestError, NotFoundError
from app.core.ids import new_id
from app.courses.changes import Changed, announce
from app.courses.enrolments import find_enrolment, list_sections
from app.courses.models import Extension
from app.courses.roles import STAFF, InAssignment, assignment_for
from problems.text import Text

_EXTENSION = frozenset({"extension"})
_WHOSE = Text(
    "An extension is either for one person (`person_id`) or for one section (`section`).",
    "延期要么针对一个人（`person_id`），要么针对一个班（`section`）。",
)
_STRANGER = Text("This person takes no part in the course.", "此人不在课程中。")
_NO_SECTION = Text("Nobody in the course belongs to this section.", "课程中没有人属于这个班。")
_TWICE = Text("There is an extension for them already; change that one.", "已有针对他们的延期，请修改那一个。")
_NOTHING = Text("The extension gives nothing.", "这个延期没有给出任何内容。")


class Extended(NamedTuple):
    """An extension and the assignment that it is of."""

    extension: Extension
    seen: InAssignment


def extend(
    session: Session, principal: Principal, assignment_id: str, given: Mapping[str, Any], now: datetime
) -> Extension:
    """A new extension (see `assignment_schemas.ExtensionRequest`); for all who teach, assistants too.

    Raises:
        InvalidRequestError: it is for nobody in the course, or gives nothing.
        ConflictError: they have one already, which can be changed.

    """
    actor = require_user(principal, "manage")
    seen = assignment_for(session, assignment_id, principal, STAFF, changing=True)
    person_id, section = given["person_id"], given["section"]
    _require_somebody(session, seen.course.id, person_id, section)
    whose = Extension.person_id == person_id if person_id else Extension.section == section
    if session.scalar(select(Extension.id).where(Extension.assignment_id == assignment_id, whose)) is not None:
        raise ConflictError(_TWICE)
    extension = Extension(id=new_id(), assignment_id=assignment_id, created_at=now, created_by=actor, **given)
    _require_something(extension)
    session.add(extension)
    session.flush()
    _tell(session, actor, "extension.create", Extended(extension, seen), now)
    return extension


def list_extensions(
    session: Session, principal: Principal, assignment_id: str, *, limit: int, before: str | None = None
) -> list[Extension]:
    """Those of the assignment, the newest first; for those who teach."""
    assignment_for(session, assignment_id, principal, STAFF)
    query = select(Extension).where(Extension.assignment_id == assignment_id)
    if before is not None:
        query = query.where(Extension.id < before)
    return list(session.scalars(query.order_by(Extension.id.desc()).limit(limit)))


def change_extension(
    session: Session, principal: Principal, extension_id: str, changes: Mapping[str, Any], now: datetime
) -> Extension:
    """Set `due_at`, `closes_at`, `extra_attempts` or `reason`."""
    actor = require_user(principal, "manage")
    found = _find(session, principal, extension_id)
    for name, value in changes.items():
        setattr(found.extension, name, value)
    _require_something(found.extension)
    session.flush()
    _tell(session, actor, "extension.change", found, now)
    return found.extension


def remove_extension(session: Session, principal: Principal, extension_id: str, now: datetime) -> Extension:
    """Take it back; attempts that it made possible stay, and are late again if they were."""
    actor = require_user(principal, "manage")
    found = _find(session, principal, extension_id)
    session.expunge(found.extension)
    session.execute(delete(Extension).where(Extension.id == extension_id))
    _tell(session, actor, "extension.delete", found, now)
    return found.extension


def extension_json(extension: Extension) -> dict[str, Any]:
    return {
        "id": extension.id,
        "assignment_id": extension.assignment_id,
        "person_id": extension.person_id,
        "section": extension.section,
        "due_at": extension.due_at,
        "closes_at": extension.closes_at,
        "extra_attempts": extension.extra_attempts,
        "reason": extension.reason,
        "created_at": extension.created_at,
        "created_by": extension.created_by,
    }


def _find(session: Session, principal: Principal, extension_id: str) -> Extended:
    extension = session.get(Extension, extension_id)
    if extension is None:
        raise NotFoundError("There is no extension with this id, or it is not for you.")
    return Extended(extension, assignment_for(session, extension.assignment_id, principal, STAFF, changing=True))


def _require_somebody(session: Session, course_id: str, person_id: str | None, section: str | None) -> None:
    fault: Fault | None = None
    if (person_id is None) == (section is None):
        fault = Fault(_WHOSE, pointer="")
    elif person_id is not None:
        enrolment = find_enrolment(session, course_id, person_id)
        if enrolment is None or enrolment.ended_at is not None:
            fault = Fault(_STRANGER, pointer="/person_id")
    elif section not in list_sections(session, course_id):
        fault = Fault(_NO_SECTION, pointer="/section")
    if fault is not None:
        raise InvalidRequestError("The extension is for nobody.", [fault])


def _require_something(extension: Extension) -> None:
    if extension.due_at is None and extension.closes_at is None and not extension.extra_attempts:
        raise InvalidRequestError("The extension gives nothing.", [Fault(_NOTHING, pointer="")])


def _tell(session: Session, actor: str, action: str, found: Extended, now: datetime) -> None:
    extension, (_, course, _) = found
    changed = Changed(
        assignment_id=extension.assignment_id,
        names=_EXTENSION,
        by=actor,
        at=now,
        persons=None if extension.person_id is None else frozenset({extension.person_id}),
        section=extension.section,
    )
    announce(session, changed)
    detail = {"assignment": extension.assignment_id, "person": extension.person_id}
    audit.record(session, actor, action, extension.id, detail, course=course.id, at=now)
