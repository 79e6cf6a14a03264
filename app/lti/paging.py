"""Lists of a platform that come in pages, linked by `Link: <…>; rel="next"` (RFC 8288), read to their end."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from app.core.service import Service
from app.lti.calls import call
from app.lti.tokens import Client, Tokens

MEDIA_TYPE_OF_LISTS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
PAGES = 500
MEMBERS = 20_000

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^;,\s]+))", re.IGNORECASE)


class PagingError(Exception):
    """The platform does not give the list: a refusal, no JSON, pages that lead in a circle, or too many."""


async def collect(
    service: Service,
    tokens: Tokens,
    client: Client,
    scopes: Collection[str],
    url: str,
    media_type: str,
    member: str = "",
) -> list[dict[str, Any]]:
    """All members of a list: the pages themselves are lists, or hold them under the name `member`.

    The pages must be where the first one is, since our token goes with every request.

    Raises:
        TokenError, OutgoingError: the platform can't be asked.
        PagingError: see there.

    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    page: str | None = url
    while page is not None:
        if page in seen:
            raise PagingError("The pages of the platform's list lead in a circle.")
        if len(seen) == PAGES or len(found) > MEMBERS:
            raise PagingError("The platform's list has no end within reason.")
        seen.add(page)
        reply = await call(service, tokens, client, scopes, ("GET", page, None, media_type))
        if not reply.is_success:
            raise PagingError(f"The platform answers {reply.status} where a list should be.")
        found += _members(reply.body and _json(reply.json), member)
        page = next_page(page, reply.headers.get("link", ""))
    return found


def _json(read: Any) -> Any:
    try:
        return read()
    except ValueError:
        raise PagingError("The platform's list is not JSON.") from None


def _members(content: Any, member: str) -> Iterator[dict[str, Any]]:
    listed = content.get(member) if member and isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise PagingError("The platform's answer holds no list.")
    return (each for each in listed if isinstance(each, dict))


def next_page(url: str, link: str) -> str | None:
    """The page to which a Link header leads from here.

    Raises:
        PagingError: it is on another server.

    """
    for target, parameters in _LINK.findall(link):
        rels = " ".join("".join(groups) for groups in _REL.findall(parameters))
        if "next" in rels.lower().split():
            page: str = urljoin(url, target)
            if urlsplit(page)[:2] != urlsplit(url)[:2]:
                raise PagingError("The next page of the platform's list is on another server.")
            return page
    return None


def with_query(url: str, more: Mapping[str, str]) -> str:
    """The address with these parameters besides its own, of which those of the same names give way."""
    parts = urlsplit(url)
    own = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in more]
    return urlunsplit(parts._replace(query=urlencode([*own, *more.items()])))
