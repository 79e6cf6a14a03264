"""The pages on which an instructor, come from a platform, picks assignments: for deep links, or for a waiting link.

Plain forms: searching sends the form too, so that what was ticked stays ticked. The answer to a deep-linking request
travels through the browser, in a form that a script sends at once, and a button without it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_args

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts.access import Principal
from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.core.errors import Fault, ForbiddenError, InvalidRequestError
from app.core.ids import known
from app.core.middleware import CONTENT_SECURITY_POLICY
from app.core.pages import render
from app.core.service import service_of
from app.courses import proving
from app.courses.assignment_schemas import AssignmentRequest, ItemRequest
from app.courses.form_values import as_body, faults_by_field, number, text
from app.lti import deep_linking, picking
from app.lti.deep_linking import Picked
from app.lti.frames import origin_of
from app.lti.picking import New, Picking, UnknownLaunchError
from app.lti.tool import tool_of
from problems.catalogue import catalogue
from problems.problem import Form as AnswerForm
from problems.problem import Problem
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

MODES = ("per-student", "shared", "fixed")
_NOTHING = Text("Choose an assignment, or tick an exercise.", "请选择一个作业，或勾选习题。")
_TOO_MANY = Text(
    "The platform takes one link. Choose one assignment, or put the exercises into one new assignment.",
    "平台只接受一个链接。请只选一个作业，或把习题合成一个新作业。",
)
_NOWHERE = Text("The platform has not said where the answer goes.", "平台没有说明应当把选择结果发到哪里。")
_ELSE = Text(
    "The platform asked for something else. Open the link there again.",
    "平台请求的不是这一页的内容。请在平台上重新打开。",
)
_NO_TITLE = Text("Give the new assignment a title.", "请给新作业起个标题。")


@dataclass(frozen=True, slots=True)
class _Group:
    """The exercises of a set of the book that are shown."""

    id: str
    problems: list[Problem[Any]]


@router.get("/{language:language}/lti/deep-link/{launch_id}")
async def show_picker(request: Request, user: User, language: Language, launch_id: str) -> Response:
    return await _show(request, user, language, await _picking(request, user, launch_id, is_link=False))


@router.get("/{language:language}/lti/choose/{launch_id}")
async def show_chooser(request: Request, user: User, language: Language, launch_id: str) -> Response:
    return await _show(request, user, language, await _picking(request, user, launch_id, is_link=True))


@router.post("/{language:language}/lti/deep-link/{launch_id}")
async def answer(request: Request, user: User, sent: Form, language: Language, launch_id: str) -> Response:
    """Sends what was picked to the platform."""
    service, tool = service_of(request), tool_of(request)
    found = await _picking(request, user, launch_id, is_link=False)
    picked = await _pick(request, user, sent, language, found)
    if isinstance(picked, Response):
        return picked
    asked = found.asked
    if asked is None or (origin := origin_of(asked.return_url)) is None:
        raise ForbiddenError(_NOWHERE)
    items = [
        deep_linking.content_item(each, found.recipient, tool, line_item=asked.accepts_line_items) for each in picked
    ]
    message = await deep_linking.response(service, found.recipient, asked, items)
    response = render(
        request,
        language,
        "lti_return.html",
        section="courses",
        message=message,
        address=asked.return_url,
        picked=picked,
    )
    ancestors = getattr(request.state, "frame_ancestors", None) or "'none'"
    policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", f"form-action 'self' {origin}")
    response.headers["Content-Security-Policy"] = policy.replace(
        "frame-ancestors 'none'", f"frame-ancestors {ancestors}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/{language:language}/lti/choose/{launch_id}")
async def choose(request: Request, user: User, sent: Form, language: Language, launch_id: str) -> Response:
    """Gives the waiting link its assignment, and opens that."""
    found = await _picking(request, user, launch_id, is_link=True)
    picked = await _pick(request, user, sent, language, found)
    if isinstance(picked, Response):
        return picked
    return RedirectResponse(f"/{language}/assignments/{picked[0].assignment.id}/edit", 303)


async def _picking(request: Request, user: Principal, launch_id: str, *, is_link: bool) -> Picking:
    service, id_ = service_of(request), known(launch_id, UnknownLaunchError)
    found = await service.database.read(picking.picking, id_, user, service.clock())
    if is_link != (found.link is not None) or (found.asked is None) != is_link:
        raise ForbiddenError(_ELSE)
    return found


async def _pick(
    request: Request, user: Principal, sent: FormData, language: Language, found: Picking
) -> list[Picked] | Response:
    """What was picked; the page again after a search, or when something is missing."""
    if text(sent, "action") == "search":
        return await _show(request, user, language, found, sent)
    service = service_of(request)
    existing = list(dict.fromkeys(str(each) for each in sent.getlist("existing")))
    try:
        new = await run_in_threadpool(_new, sent, language)
        links = len(existing) + len(new)
        if not links:
            raise _refused(_NOTHING, "existing")
        if links > 1 and not (found.asked and found.asked.accepts_several):
            raise _refused(_TOO_MANY, "existing")

        def job(session: Session) -> list[Picked]:
            return picking.pick(session, found.launch.id, user, existing, new, service.clock())[1]

        return await service.writer.write(job)
    except InvalidRequestError as error:
        return await _show(request, user, language, found, sent, error)


def _new(sent: FormData, language: Language) -> New:
    """The assignments to be made of the exercises that are ticked: one of them all, or one each. It computes."""
    wanted = [catalogue()[id_] for id_ in dict.fromkeys(map(str, sent.getlist("problem"))) if id_ in catalogue()]
    if not wanted:
        return []
    items = [proving.proven(as_body(ItemRequest, _item(sent, problem)).model_dump()) for problem in wanted]
    if text(sent, "how") == "each":
        return [(_settings(_title(problem, language)), [item]) for problem, item in zip(wanted, items, strict=True)]
    title = text(sent, "title") or (_title(wanted[0], language) if len(wanted) == 1 else "")
    if not title:
        raise _refused(_NO_TITLE, "title")
    return [(_settings(title), items)]


def _item(sent: FormData, problem: Problem[Any]) -> dict[str, Any]:
    """The way to answer is a wish: some exercises know only the other one."""
    mode = text(sent, "seed_mode")
    seed = 0 if mode == "fixed" else None
    forms = problem.forms(0 if mode == "fixed" else 1)
    wish = text(sent, "form")
    form = next((form for form in forms if form == wish), forms[0])
    return {"problem": problem.id, "form": form, "points": number(sent, "points"), "seed_mode": mode, "seed": seed}


def _settings(title: str) -> Mapping[str, Any]:
    """Published: it is seen where the platform shows the link, and to whom."""
    return as_body(AssignmentRequest, {"title": title, "published": True}).model_dump()


def _title(problem: Problem[Any], language: Language) -> str:
    return f"{problem.id} {problem.page.title[language]}"


def _refused(fault: Text, field: str) -> InvalidRequestError:
    return InvalidRequestError(fault.en, [Fault(fault, pointer=f"/{field}")])


async def _show(
    request: Request,
    user: Principal,
    language: Language,
    found: Picking,
    sent: FormData | None = None,
    error: InvalidRequestError | None = None,
) -> Response:
    values = sent if sent is not None else FormData()
    ticked = {str(each) for each in values.getlist("problem")}
    return render(
        request,
        language,
        "lti_picker.html",
        section="courses",
        status=error.status if error else 200,
        token=token_for(request, user),
        picking=found,
        several=found.asked is not None and found.asked.accepts_several,
        groups=_groups(text(values, "search"), ticked),
        ticked=ticked,
        chosen={str(each) for each in values.getlist("existing")},
        values=values,
        modes=MODES,
        forms_of_answers=get_args(AnswerForm),
        faults=faults_by_field(error),
    )


def _groups(search: str, ticked: Collection[str]) -> Sequence[_Group]:
    """The exercises in whose number or title the words occur, and those that are ticked, by set of the book."""
    words = search.lower().split()

    def fits(problem: Problem[Any]) -> bool:
        told = f"{problem.id} {problem.page.title.en} {problem.page.title.zh}".lower()
        return problem.id in ticked or all(word in told for word in words)

    shown = filter(fits, catalogue().values())
    return [_Group(name, list(problems)) for name, problems in groupby(shown, key=lambda problem: problem.set)]
