"""The settings of an item under their numbers: each change is a further revision, and undoing one restores another."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.grade_models import ItemRevision
from app.attempts.item_settings import ItemSettings, settings_of
from app.courses.models import Assignment, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants an item to be marked by other settings, and why. `after` is None to grade by the same settings again.

    `preview` is the digest of the plan that they have seen, if they insist on exactly that.
    """

    item_id: str
    course_id: str
    after: ItemSettings | None
    reason: str
    by: str
    at: datetime
    preview: str | None = None


def settings_at(session: Session, item_id: str, number: int) -> ItemRevision:
    """The revision of this number; raises `sqlalchemy.exc.NoResultFound`."""
    return session.scalars(
        select(ItemRevision).where(ItemRevision.item_id == item_id, ItemRevision.number == number)
    ).one()


def number_in_force(session: Session, item: Item) -> int:
    """The revision that counts, behind those which only restore another."""
    number = item.revision
    while (restored := settings_at(session, item.id, number).restores) is not None:
        number = restored
    return number


def keep_first(session: Session, item: Item, assignment: Assignment, order: Order) -> None:
    """Store the settings with which it all began: they were never anybody's decision to change them."""
    stored = select(ItemRevision.id).where(ItemRevision.item_id == item.id, ItemRevision.number == item.revision)
    if session.scalar(stored) is None:
        _add(session, item, settings_of(item, assignment), order, None)


def put_in_force(
    session: Session, item: Item, settings: ItemSettings, order: Order, *, restores: int | None = None
) -> None:
    """Have the item marked by these settings from now on, as a further revision; see `ItemRevision` for `restores`."""
    item.revision += 1
    item.points = settings.points
    item.scoring = settings.scoring
    item.tolerance = None if settings.tolerance is None else dict(settings.tolerance)
    item.key_policy = settings.key_policy
    item.keys = {seed: dict(key) for seed, key in settings.keys.items()} or None
    item.award = settings.award
    assignment = session.get_one(Assignment, item.assignment_id)
    assignment.version += 1
    assignment.updated_at = order.at
    _add(session, item, settings, order, restores)


def _add(session: Session, item: Item, settings: ItemSettings, order: Order, restores: int | None) -> None:
    session.add(
        ItemRevision(
            item_id=item.id,
            number=item.revision,
            settings=settings.as_json(),
            restores=restores,
            created_at=order.at,
            created_by=order.by,
            reason=order.reason,
        )
    )
    session.flush()
