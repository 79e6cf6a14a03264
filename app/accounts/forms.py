"""Forms of pages: each belongs to a visitor, signed in or not, and is taken from nobody else."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.accounts.access import Caller, Principal
from app.accounts.guests import guests_of
from app.core import form_token
from app.core.ids import new_id


async def visitor(caller: Caller) -> Principal:
    """The caller of a page with a form; one who is nobody yet becomes a guest, whom `welcome` lets be known again."""
    return Principal(new_id(), via="guest", is_new=True) if caller.person_id is None else caller


Visitor = Annotated[Principal, Depends(visitor)]


def welcome(request: Request, response: Response, visitor: Principal) -> None:
    """Send a new guest's cookie with the response, and an older one's again, so that it does not run out."""
    if visitor.via == "guest" and visitor.person_id is not None:
        guests_of(request).remember(request, response, visitor.person_id)


def token_for(request: Request, visitor: Principal) -> str:
    """The hidden field `token` of a form."""
    return form_token.issue(guests_of(request).key, visitor.form_owner or "", request.state.received_at)


def is_genuine(request: Request, visitor: Principal, sent: FormData) -> bool:
    """Whether the form was sent by this visitor, from a page of ours that is not too old."""
    key, owner = guests_of(request).key, visitor.form_owner
    if owner is None or not form_token.is_from_here(request):
        return False
    return form_token.is_valid(key, str(sent.get("token", "")), owner, request.state.received_at)
