"""An LMS for the tests: a real HTTP server on loopback that speaks LTI 1.3 as a platform.

    with Platform(tool="https://tool.example") as platform:
        fields = platform.initiate(learner, link)           what the LMS's page posts to the tool's login
        answer = platform.authorize(address)                what its authorization endpoint posts to the tool's launch

Messages are really signed and keys really fetched; a token is given only for a client assertion that verifies against
the tool's published keys. `bend`, and the arguments of `sign`, make messages that a tool must refuse. `on` adds more
endpoints.
"""

import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from app.lti import claims as names

Claims = dict[str, Any]

PERSON = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SCOPES = (
    names.SCOPE_LINE_ITEM,
    names.SCOPE_RESULT_READ,
    names.SCOPE_SCORE,
    names.SCOPE_MEMBERSHIPS,
)


@dataclass(frozen=True)
class Member:
    """Somebody of the LMS's course. `launch_roles` are those of a message, `roster_roles` those of the class list."""

    subject: str
    name: str
    launch_roles: tuple[str, ...] = (names.LEARNER,)
    roster_roles: tuple[str, ...] | None = None
    status: str = "Active"
    email: str = ""


LEARNER = Member("7", "李海棠", (PERSON + "Student", names.LEARNER))
TEACHER = Member("2", "Ada Teacher", (names.INSTRUCTOR,))
# As Moodle has it: an instructor at the launch, a learner in the class list.
ASSISTANT = Member("3", "Alan Assistant", (names.INSTRUCTOR, names.TEACHING_ASSISTANT), (names.LEARNER,))
MENTOR = Member("9", "Mary Mentor", (names.MENTOR,))


@dataclass(frozen=True)
class Course:
    id: str = "11"
    title: str = "Neural computation"
    members: tuple[Member, ...] = (LEARNER, TEACHER, ASSISTANT)


@dataclass(frozen=True)
class ResourceLink:
    """An activity of the course; `line_item` is the path of its column in the gradebook, if it has one."""

    id: str = "31"
    title: str = "Sheet 1"
    course: Course = field(default_factory=Course)
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: str | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """`body` is JSON unless it is text (HTML) or bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Request, re.Match[str]], Answer | None]
"""None drops the connection without a word."""


def new_key(kid: str | None = None) -> RSAKey:
    key = RSAKey.generate_key(2048)
    return RSAKey.import_key(key.as_pem(private=True), {"kid": kid or secrets.token_hex(8)})


_SPARE_KEYS: list[RSAKey] = []
"""Of platforms that are closed: to make one takes a twentieth of a second or more."""


class Platform:
    """The LMS. `issuer` is its own address unless another is given (many tenants of one issuer)."""

    def __init__(
        self,
        tool: str,
        *,
        issuer: str | None = None,
        client_id: str = "haitang-client",
        deployment_id: str = "1",
        host: str = "127.0.0.1",
    ) -> None:
        self.tool = tool
        self.client_id = client_id
        self.deployment_id = deployment_id
        self._own_key = _SPARE_KEYS.pop() if _SPARE_KEYS else new_key()
        self.key = self._own_key
        """What it signs with; no two platforms that are open at the same time have the same."""
        self.published: list[Mapping[str, Any]] = [public(self.key)]
        self.clock: Callable[[], float] = time.time
        self.bend: Callable[[Claims], None] = lambda _claims: None
        self.token_seconds = 60  # as Moodle's
        self.tool_keys: Callable[[], Mapping[str, Any]] = lambda: {"keys": []}
        """Fetches the tool's key set; a test says how it is reached."""
        self.tokens: dict[str, tuple[float, frozenset[str]]] = {}
        """Access tokens given: when each ends, and its scopes."""
        self.requests: list[Request] = []
        self.storage = False  # whether the login offers the platform's storage, and its pages answer for it
        self._hints: dict[str, tuple[Member, ResourceLink | Course]] = {}
        self._seen_assertions: set[str] = set()
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._server = ThreadingHTTPServer((host, 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.address = f"http://{host}:{self._server.server_address[1]}"
        self.issuer = issuer or self.address
        self.on("GET", "/jwks", lambda _request, _match: Answer({"keys": self.published}))
        self.on("GET|POST", "/auth", self._answer_authorization)
        self.on("POST", "/token", self._answer_token)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        _SPARE_KEYS.append(self._own_key)

    def on(self, method: str, path: str, handler: Handler) -> None:
        """Answer requests whose whole path matches the expression; of several handlers, the newest."""
        self._routes.insert(0, (method, re.compile(path), handler))

    def count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    def answer(self, request: Request) -> Answer | None:
        self.requests.append(request)
        for method, path, handler in self._routes:
            if request.method in method.split("|") and (match := path.fullmatch(request.path)):
                return handler(request, match)
        return Answer("<h1>Not found</h1>", 404, content_type="text/html")

    # Messages

    def initiate(
        self, member: Member, what: ResourceLink | Course, *, target: str | None = None, **changed: str
    ) -> dict[str, str]:
        """The fields with which the LMS's page begins a login: a launch of a link, or a deep linking into a course."""
        hint = secrets.token_hex(8)
        self._hints[hint] = (member, what)
        fields = {
            "iss": self.issuer,
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment_id,
            "login_hint": member.subject,
            "lti_message_hint": hint,
            "target_link_uri": target or f"{self.tool}/lti/launch",
        }
        return fields | ({"lti_storage_target": "_parent"} if self.storage else {}) | changed

    def authorize(self, address: str) -> dict[str, str]:
        """What the authorization endpoint answers to the address at which the tool sent the browser.

        Raises:
            AssertionError: the request is not as the specification wants it.

        """
        sent = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        assert address.partition("?")[0] == f"{self.address}/auth"
        expected = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": self.client_id,
            "redirect_uri": f"{self.tool}/lti/launch",
        }
        assert expected.items() <= sent.items()
        assert len(sent["state"]) >= 32
        assert len(sent["nonce"]) >= 32
        member, what = self._hints.pop(sent["lti_message_hint"])
        assert sent["login_hint"] == member.subject
        claims = self.claims(member, what, sent["nonce"])
        self.bend(claims)
        return {"state": sent["state"], "id_token": self.sign(claims)}

    def claims(self, member: Member, what: ResourceLink | Course, nonce: str) -> Claims:
        """A message as Moodle sends it, for a link or for deep linking."""
        now = int(self.clock())
        is_link = isinstance(what, ResourceLink)
        course = what.course if is_link else what
        claims: Claims = {
            "iss": self.issuer,
            "sub": member.subject,
            "aud": self.client_id,
            "nonce": nonce,
            "iat": now,
            "exp": now + 60,
            "name": member.name,
            names.VERSION: "1.3.0",
            names.MESSAGE_TYPE: "LtiResourceLinkRequest" if is_link else "LtiDeepLinkingRequest",
            names.DEPLOYMENT_ID: self.deployment_id,
            names.TARGET_LINK_URI: f"{self.tool}/lti/launch",
            names.ROLES: list(member.launch_roles),
            names.CONTEXT: {"id": course.id, "label": course.id, "title": course.title, "type": ["CourseSection"]},
            names.TOOL_PLATFORM: {"guid": self.issuer, "product_family_code": "moodle", "version": "2024100700"},
            names.LAUNCH_PRESENTATION: {
                "locale": "en",
                "document_target": "iframe",
                "return_url": f"{self.address}/return",
            },
            names.NRPS_SERVICE: {
                "context_memberships_url": f"{self.address}/courses/{course.id}/memberships",
                "service_versions": ["1.0", "2.0"],
            },
            names.AGS_ENDPOINT: {
                "scope": [scope for scope in SCOPES if "lti-ags" in scope],
                "lineitems": f"{self.address}/courses/{course.id}/lineitems",
            },
        }
        if member.email:
            claims["email"] = member.email
        if is_link:
            claims[names.RESOURCE_LINK] = {"id": what.id, "title": what.title}
            claims[names.CUSTOM] = dict(what.custom)
            if what.line_item is not None:
                claims[names.AGS_ENDPOINT]["lineitem"] = f"{self.address}{what.line_item}"
        else:
            claims[names.DEEP_LINKING_SETTINGS] = {
                "accept_types": ["ltiResourceLink"],
                "accept_presentation_document_targets": ["iframe", "window"],
                "accept_multiple": True,
                "accept_copy_advice": False,
                "auto_create": False,
                "deep_link_return_url": f"{self.address}/deep-link/{course.id}",
                "data": "what the platform wants back",
            }
        return claims

    def sign(self, claims: Claims, *, key: RSAKey | None = None, **header: Any) -> str:
        """The message as a JWT of the platform; `header` replaces members, None leaves one out."""
        key = key or self.key
        wanted = {"alg": "RS256", "typ": "JWT", "kid": self.key.kid} | header
        header = {name: value for name, value in wanted.items() if value is not None}
        return jws.serialize_compact(header, json.dumps(claims), key)

    # Endpoints

    def _answer_authorization(self, request: Request, _match: re.Match[str]) -> Answer:
        """A page that posts the message to the tool, as an LMS answers in the browser."""
        sent = request.query_string if request.method == "GET" else request.body.decode()
        fields = self.authorize(f"{self.address}/auth?{sent}")
        inputs = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items()
        )
        page = (
            f'<!DOCTYPE html><form id="f" method="post" action="{self.tool}/lti/launch">{inputs}</form>'
            "<script>document.getElementById('f').submit()</script>"
        )
        return Answer(page, content_type="text/html")

    def _answer_token(self, request: Request, _match: re.Match[str]) -> Answer:
        """Client credentials by a signed assertion (RFC 7523), checked to the letter."""
        sent = request.form()
        if sent.get("grant_type") != "client_credentials" or sent.get("client_assertion_type") != ASSERTION_TYPE:
            return Answer({"error": "invalid_request"}, 400)
        if fault := self.fault_of_assertion(sent.get("client_assertion", "")):
            return Answer({"error": "invalid_client", "error_description": fault}, 400)
        wanted = frozenset(sent.get("scope", "").split())
        if not wanted or not wanted <= set(SCOPES):
            return Answer({"error": "invalid_scope"}, 400)
        token = secrets.token_hex(16)
        self.tokens[token] = (self.clock() + self.token_seconds, wanted)
        granted = " ".join(sorted(wanted))
        return Answer(
            {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds, "scope": granted}
        )

    def fault_of_assertion(self, assertion: str) -> str | None:
        """What is wrong with a client assertion; None when it is right, once."""
        try:
            token = jwt.decode(assertion, KeySet.import_key_set(dict(self.tool_keys())), algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            return repr(error)
        claims, now = token.claims, self.clock()
        wrong = [
            name
            for name, right in {
                "iss": claims.get("iss") == self.client_id,
                "sub": claims.get("sub") == self.client_id,
                "aud": claims.get("aud") in (f"{self.address}/token", [f"{self.address}/token"]),
                "iat": 0 <= now - claims.get("iat", 0) <= 60,  # Moodle refuses what comes from the future
                "exp": now <= claims.get("exp", 0) <= now + 3600,
                "jti": bool(claims.get("jti")) and claims.get("jti") not in self._seen_assertions,
                "kid": "kid" in token.header,
            }.items()
            if not right
        ]
        self._seen_assertions.add(str(claims.get("jti")))
        return f"wrong: {', '.join(wrong)}" if wrong else None

    def allows(self, request: Request, scope: str) -> bool:
        """Whether the request carries a token that was given for this scope and has not ended."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        ends, scopes = self.tokens.get(token, (0.0, frozenset()))
        return kind == "Bearer" and self.clock() < ends and scope in scopes


def public(key: RSAKey) -> dict[str, Any]:
    """The key as a key set publishes it."""
    return {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": "RS256"}


def _handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Connection(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def _do(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            answer = platform.answer(Request(self.command, parts.path, parts.query, headers, body))
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = answer.body if isinstance(answer.body, bytes) else _encoded(answer.body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 - so the base class calls them

        def log_message(self, *_arguments: object) -> None:
            """Tests are read, not logs."""

    return Connection


def _encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else b"" if body is None else orjson.dumps(body)
