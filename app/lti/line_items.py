"""Line items: the columns of the platform's gradebook to which the scores of an assignment go.

    launch ──► the claim names the link's line item ──► known
          └──► it names none, but where line items are: looked up there or, if there is none, made
               (by whichever process is the first to take the link, outside of the launch)

Source: Assignment and Grade Services 2.0, 3.2 (line items) and 3.1 (claim). A platform gives no line item with a link
whose scores it does not want, or of which it has several; then only one that carries the assignment's id is taken.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from app.attempts.grades import lock_students
from app.core.ids import new_id
from app.core.json_body import to_json
from app.core.outgoing import OutgoingError
from app.core.service import Service
from app.courses.models import Assignment, Item
from app.lti.calls import call
from app.lti.claims import SCOPE_LINE_ITEM, SCOPE_SCORE
from app.lti.models import Context, Deployment, LineItem, Link, Platform, Score
from app.lti.outbox import enqueue_line_item, retry_failed
from app.lti.paging import MEDIA_TYPE_OF_LISTS, PagingError, collect, with_query
from app.lti.tokens import Client, TokenError, Tokens

MEDIA_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LEASE = timedelta(minutes=2)
WAIT = timedelta(minutes=10)  # before it is asked again what could not be answered
NOT_FOUND = 404
LABEL_LENGTH = 100
URL_LENGTH = 2000

logger = logging.getLogger(__name__)


def record(
    session: Session,
    *,
    platform_id: str,
    link_id: str,
    assignment_id: str,
    claim: Mapping[str, Any] | None,
    person_id: str,
    now: datetime,
) -> None:
    """Take in what a launch of a link says about its line item. `claim` is that of AGS, `person_id` who launched.

    For the job of the launch, after the link, its assignment and its context are stored; also for the job in which
    somebody chooses another assignment for the link.
    """
    claim = claim or {}
    scopes = [scope for scope in claim.get("scope") or () if isinstance(scope, str)]
    if SCOPE_SCORE not in scopes:
        return
    url = _url(claim.get("lineitem"))
    if url is not None:
        line_item_id = _store(session, platform_id, link_id, assignment_id, url, scopes, now)
        retry_failed(session, line_item_id, now, person_id=person_id)
        return
    known = session.scalar(select(LineItem).where(LineItem.link_id == link_id))
    may_ask = SCOPE_LINE_ITEM in scopes and _url(claim.get("lineitems")) is not None
    if known is not None and not (may_ask and _is_gone(session, known.id)):
        _store(session, platform_id, link_id, assignment_id, known.url, scopes, now)
        retry_failed(session, known.id, now, person_id=person_id)
    elif may_ask:
        unasked = (Link.id == link_id, Link.line_item_due_at.is_(None))
        session.execute(update(Link).where(*unasked).values(line_item_due_at=now))


def _is_gone(session: Session, line_item_id: str) -> bool:
    """Whether the platform has said of a score that there is no such column any more."""
    gone = (Score.line_item_id == line_item_id, Score.state == "failed", Score.last_status == NOT_FOUND)
    return bool(session.scalar(select(exists().where(*gone))))


def _url(value: Any) -> str | None:
    """The address, if it can be one, whole or as a part."""
    if not isinstance(value, str) or not 0 < len(value) <= URL_LENGTH or not (value.isascii() and value.isprintable()):
        return None
    try:
        urlsplit(value)
    except ValueError:
        return None
    return value


def _store(
    session: Session,
    platform_id: str,
    link_id: str | None,
    assignment_id: str,
    url: str,
    scopes: list[str],
    now: datetime,
) -> str:
    """The id of the line item, whose scores are due if it is new or was another assignment's.

    One that the link had before is its line item no more (somebody deleted that column), and is sent nothing.
    """
    found = session.scalar(select(LineItem).where(LineItem.platform_id == platform_id, LineItem.url == url))
    former = session.scalars(select(LineItem.id).where(LineItem.link_id == link_id, LineItem.url != url)).all()
    is_known = found is not None and found.assignment_id == assignment_id
    if former or not is_known:
        # Whoever changes a grade holds this lock: they see the line items, or their grade is seen here.
        lock_students(session, session.get_one(Assignment, assignment_id).course_id, None)
        session.execute(delete(Score).where(Score.line_item_id.in_(former)))
        session.execute(delete(LineItem).where(LineItem.id.in_(former)))
    if found is None:
        found = LineItem(id=new_id(), platform_id=platform_id, url=url, created_at=now)
        session.add(found)
    found.link_id, found.assignment_id, found.scopes = link_id, assignment_id, scopes
    session.flush()
    if not is_known:
        enqueue_line_item(session, found.id, now)
    return found.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A link without a line item, taken by this process, and all that is needed to find one or make it."""

    link_id: str
    resource_link_id: str
    assignment_id: str
    label: str
    maximum: float
    platform_id: str
    client: Client
    container: str
    scopes: list[str]


async def find_due(service: Service, tokens: Tokens) -> None:
    """Ask the platforms for the line items of links that have none; one link at a time."""
    while await service.database.read(_is_any_due, service.clock()):
        wanted = await service.writer.write(partial(_lease, now=service.clock()))
        if wanted is None:
            return
        try:
            url = await find_or_create(service, tokens, wanted)
        except (OutgoingError, TokenError, PagingError) as error:
            logger.warning("No line item for the link %s: %s", wanted.link_id, error)
        else:
            await service.writer.write(partial(_found, wanted=wanted, url=url, now=service.clock()))


async def find_or_create(service: Service, tokens: Tokens, wanted: Wanted) -> str:
    """The address of the line item that carries the assignment's id, of the link's only one, or of a new one.

    Raises:
        OutgoingError, TokenError, PagingError: the platform can't be asked, or does not answer as it should.

    """
    query = {"resource_link_id": wanted.resource_link_id}
    listed = await collect(
        service, tokens, wanted.client, [SCOPE_LINE_ITEM], with_query(wanted.container, query), MEDIA_TYPE_OF_LISTS
    )
    # Not every platform filters; none but the link's own items count.
    mine = [each for each in listed if str(each.get("resourceLinkId", "")) == wanted.resource_link_id]
    ours = [each for each in mine if each.get("resourceId") == wanted.assignment_id]
    for each in ours or (mine if len(mine) == 1 else []):
        if url := _url(each.get("id")):
            return urljoin(wanted.container, url)
    body = {
        "label": wanted.label,
        "scoreMaximum": wanted.maximum,
        "resourceLinkId": wanted.resource_link_id,
        "resourceId": wanted.assignment_id,
    }
    request = ("POST", wanted.container, to_json(body), MEDIA_TYPE)
    reply = await call(service, tokens, wanted.client, [SCOPE_LINE_ITEM], request)
    try:
        made = reply.json() if reply.is_success else None
    except ValueError:
        made = None
    url = _url(made.get("id")) if isinstance(made, dict) else None
    if url is None:
        raise PagingError(f"The platform answers {reply.status} where a line item should be made.")
    return urljoin(wanted.container, url)


def _is_any_due(session: Session, now: datetime) -> bool:
    return session.scalar(select(Link.id).where(Link.line_item_due_at <= now).limit(1)) is not None


def _lease(session: Session, now: datetime) -> Wanted | None:
    """Take a link; it is due again later, should nobody come back with a line item."""
    link = session.scalar(
        select(Link).where(Link.line_item_due_at <= now).limit(1).with_for_update(skip_locked=True, of=Link)
    )
    if link is None:
        return None
    link.line_item_due_at = now + LEASE + WAIT
    context, platform = session.execute(
        select(Context, Platform)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Context.id == link.context_id)
    ).one()
    points = session.scalars(
        select(Item.points).where(Item.assignment_id == link.assignment_id, Item.award != "void")
    ).all()
    is_wanted = (
        link.assignment_id is not None
        and context.line_items_url is not None
        and SCOPE_LINE_ITEM in context.scopes
        and platform.disabled_at is None
    )
    if not is_wanted or sum(points) <= 0:
        link.line_item_due_at = None  # the next launch asks again
        return None
    return Wanted(
        link_id=link.id,
        resource_link_id=link.resource_link_id,
        assignment_id=str(link.assignment_id),
        label=session.get_one(Assignment, link.assignment_id).title[:LABEL_LENGTH],
        maximum=sum(points),
        platform_id=platform.id,
        client=Client.of(platform),
        container=str(context.line_items_url),
        scopes=list(context.scopes),
    )


def _found(session: Session, wanted: Wanted, url: str, now: datetime) -> None:
    link = session.get_one(Link, wanted.link_id)
    link.line_item_due_at = None
    if link.assignment_id == wanted.assignment_id:
        found = _store(session, wanted.platform_id, wanted.link_id, wanted.assignment_id, url, wanted.scopes, now)
        # A platform may say 404 of a person as well: where the column is there after all, they may be known by now.
        retry_failed(session, found, now)
    else:
        link.line_item_due_at = now
