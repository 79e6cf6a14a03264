"""Calls of a platform's services (scores, line items, class lists), with a token of ours."""

from collections.abc import Collection
from typing import TypeAlias

from app.core.outgoing import Reply
from app.core.service import Service
from app.lti.tokens import Client, Tokens

UNAUTHORIZED = 401

Call: TypeAlias = tuple[str, str, bytes | None, str]
"""Method, address, body, and the media type of the body, or without one of the reply that is wanted."""


async def call(service: Service, tokens: Tokens, client: Client, scopes: Collection[str], request: Call) -> Reply:
    """The reply. A token that the platform does not take is replaced once: it may have restarted, or forgotten it.

    Media types must be exactly those of the specification: Moodle finds its resources by comparing them as texts.

    Raises:
        TokenError: there is no token.
        OutgoingError: there is no reply.

    """
    method, url, body, media_type = request
    headers = {"Accept": media_type} if body is None else {"Content-Type": media_type}
    token = await tokens.get(client, scopes)
    reply = await service.outgoing.request(method, url, body, headers=headers | {"Authorization": f"Bearer {token}"})
    if reply.status != UNAUTHORIZED:
        return reply
    tokens.forget(client, scopes, token)
    token = await tokens.get(client, scopes)
    return await service.outgoing.request(method, url, body, headers=headers | {"Authorization": f"Bearer {token}"})
