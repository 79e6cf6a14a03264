"""Pages of those who teach: marking an item by other settings, with a preview of what that changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.attempts.counting import Award
from app.attempts.item_revisions import Order
from app.attempts.item_settings import ItemSettings, settings_of
from app.attempts.models import Attempt, Variant
from app.attempts.regrade import regrade
from app.attempts.regrade_api import seen_item
from app.attempts.regrade_plan import make_plan
from app.attempts.regrade_view import plan_json
from app.attempts.service import service_of
from app.core.errors import ConflictError, Fault, InvalidRequestError
from app.core.pages import render
from app.courses.models import Assignment, Course, Item
from app.courses.roles import InItem
from app.courses.routes import known_item
from problems.answers import Choices, Scoring
from problems.catalogue import find
from problems.dealing import deal
from problems.problem import Form as AnswerForm
from problems.problem import KeyPolicy
from problems.text import Language, Text
from problems.tolerance import ToleranceKind

router = APIRouter(include_in_schema=False)

ASSIGNMENT = "/{language:language}/assignments/{assignment_id}"
ITEM = ASSIGNMENT + "/items/{item_id}"
MAX_REASON = 500

_NUMBER = Text("Write a number of at least 0 here.", "请填写一个不小于 0 的数。")
_REASON = Text("Write down why, in at most 500 characters.", "请写明原因，不超过 500 个字符。")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegradeView:
    """The form with the settings as they are, or as they were sent; then with what they would change."""

    item: Item
    assignment: Assignment
    course: Course
    settings: ItemSettings
    seeds: Sequence[int]
    fields: Sequence[str]
    sent: Mapping[str, str]
    plan: Mapping[str, Any] | None = None
    faults: Sequence[Fault] = ()

    policies = get_args(KeyPolicy)
    scorings = get_args(Scoring)
    kinds = get_args(ToleranceKind)
    awards = get_args(Award)

    @property
    def title(self) -> Text:
        return find(self.item.problem).page.title

    def value(self, name: str, otherwise: object = "") -> str:
        """What stands in an input: what was sent, else what holds now."""
        return self.sent.get(name, "" if otherwise is None else str(otherwise))


@router.get(ITEM + "/regrade")
async def show_regrade(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    return await _show(request, user, language, (assignment_id, item_id), {})


@router.post(ITEM + "/regrade")
async def preview_or_apply(
    request: Request, user: User, sent: Form, language: Language, assignment_id: str, item_id: str
) -> Response:
    """The preview of the settings that were sent; with `action=apply`, and the preview's digest, the regrade itself."""
    place = (assignment_id, item_id)
    entered = {name: str(value) for name, value in sent.items()}
    service, now = service_of(request), request.state.received_at
    seen = await service.database.read(seen_item, assignment_id, known_item(item_id), user)
    try:
        settings = read_settings(seen, sent)
        if sent.get("action") != "apply":
            return await _show(request, user, language, place, entered, settings)
        order = Order(
            item_id=item_id,
            course_id=seen.course.id,
            after=settings,
            reason=read_reason(sent),
            by=user.person_id or "",
            at=now,
            preview=entered.get("digest"),
        )
        await regrade(service, order)
    except InvalidRequestError as error:
        return await _show(request, user, language, place, entered, faults=error.faults)
    except ConflictError as error:
        return await _show(request, user, language, place, entered, settings, conflict=error.sentences)
    return RedirectResponse(f"/{language}/assignments/{assignment_id}/regrades", 303)


def read_reason(sent: FormData) -> str:
    reason = " ".join(str(sent.get("reason", "")).split())
    if not 0 < len(reason) <= MAX_REASON:
        raise InvalidRequestError("A reason is needed.", [Fault(_REASON, pointer="/reason")])
    return reason


def read_settings(seen: InItem, sent: FormData) -> ItemSettings | None:
    """The settings of the form; None where they are those in force. Raises InvalidRequestError."""
    old = settings_of(seen.item, seen.assignment)
    kind = _one_of(get_args(ToleranceKind), sent.get("tolerance_kind"))
    tolerance = None if kind is None else {"kind": kind, "value": read_number(sent, "tolerance")}
    new = replace(
        old,
        points=read_number(sent, "points"),
        key_policy=_one_of(get_args(KeyPolicy), sent.get("key_policy")) or old.key_policy,
        scoring=_one_of(get_args(Scoring), sent.get("scoring")),
        tolerance=tolerance,
        award=_one_of(get_args(Award), sent.get("award")) or old.award,
        keys=_keys(old, seen.item, sent),
    )
    return None if new == old else new


def _one_of(allowed: Sequence[str], value: object) -> Any:
    return value if value in allowed else None


def read_number(sent: FormData, name: str) -> float:
    try:
        number = float(str(sent.get(name, "")).strip())
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1e12:
        raise InvalidRequestError("Not a number.", [Fault(_NUMBER, pointer=f"/settings/{name}")])
    return number


def _keys(old: ItemSettings, item: Item, sent: FormData) -> Mapping[str, Mapping[str, Any]]:
    """The keys so far with the one that was typed; an empty one takes away what was set for its variant."""
    seed = str(sent.get("seed", ""))
    if not (seed.isascii() and seed.isdigit() and len(seed) < 20):
        return old.keys
    form: AnswerForm = "choice" if item.form == "choice" else "open"
    fields = deal(find(item.problem), int(seed)).fields(form)
    typed = {each.name: str(sent.get(f"key-{each.name}", "")).strip() for each in fields}
    others = {other: key for other, key in old.keys.items() if other != seed}
    if not any(typed.values()):
        return others
    key = {
        each.name: typed[each.name].replace(",", " ").split() if isinstance(each.kind, Choices) else typed[each.name]
        for each in fields
    }
    return others | {seed: key}


async def _show(
    request: Request,
    user: User,
    language: Language,
    place: tuple[str, str],
    sent: Mapping[str, str],
    settings: ItemSettings | None = None,
    faults: Sequence[Fault] = (),
    conflict: Sequence[Text] = (),
) -> Response:
    """The form; with `conflict`, why what was shown was not applied, above what it would change now."""
    assignment_id, item_id = place
    now = request.state.received_at

    def look(session: Session) -> RegradeView:
        seen = seen_item(session, assignment_id, known_item(item_id), user, changing=False)
        plan, found = None, faults
        if sent and not faults:
            try:
                plan = plan_json(session, make_plan(session, item_id, settings, now))
            except InvalidRequestError as error:
                found = error.faults
        form: AnswerForm = "choice" if seen.item.form == "choice" else "open"
        seeds = seeds_of(session, seen.item)
        fields = deal(find(seen.item.problem), seeds[0]).fields(form) if seeds else ()
        return RegradeView(
            item=seen.item,
            assignment=seen.assignment,
            course=seen.course,
            settings=settings_of(seen.item, seen.assignment),
            seeds=seeds,
            fields=[each.name for each in fields],
            sent=sent,
            plan=plan,
            faults=[*map(Fault, conflict), *found],
        )

    view = await service_of(request).database.read(look)
    token = token_for(request, user)
    return render(request, language, "regrade.html", section="courses", view=view, token=token)


def seeds_of(session: Session, item: Item) -> list[int]:
    """The seeds whose variants somebody has answered, or will; at most so many as one can choose from."""
    answered = session.scalars(
        select(Variant.seed)
        .join(Attempt, Attempt.variant_id == Variant.id)
        .where(Attempt.item_id == item.id)
        .distinct()
    ).all()
    mine = set() if item.seed is None else {item.seed}
    return sorted({*answered, *(item.pool or ()), *mine})[:1000]
