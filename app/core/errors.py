"""What a caller can be told has gone wrong: one small tree, free of HTTP but for the status each member stands for.

    ServiceError
    ├── MalformedJsonError 400          ├── InvalidRequestError 422
    ├── BadRequestError 400             │   └── UnreadableAnswersError
    ├── AccountRequiredError 401        ├── UnknownFormError 422
    │   └── InvalidTokenError           ├── TooManyRequestsError 429
    ├── ForbiddenError 403              ├── GradingFailedError 500
    │   ├── InsufficientScopeError      ├── InternalError 500
    │   ├── CrossSiteRequestError       └── UnavailableError 503
    │   ├── AssignmentNotOpenError
    │   ├── AssignmentLockedError
    │   └── NoAttemptsLeftError
    ├── NotFoundError 404
    │   ├── UnknownProblemError
    │   ├── SeedOutOfRangeError
    │   ├── UnknownExhibitError
    │   ├── UnknownPersonError
    │   ├── UnknownTokenError
    │   ├── UnknownAttemptError
    │   ├── UnknownCourseError
    │   ├── UnknownAssignmentError
    │   └── UnknownRegradeError
    ├── MethodNotAllowedError 405
    ├── RequestTimeoutError 408
    ├── ConflictError 409
    │   ├── IdempotencyKeyReusedError
    │   ├── EditedMeanwhileError
    │   ├── AlreadyAnsweredError
    │   └── CourseArchivedError
    ├── ContentTooLargeError 413
    └── UnsupportedMediaTypeError 415

Packages above have some of their own. `app.core.problem_details` renders them (RFC 9457). The docstring of a class is
what `/errors/<slug>` says about it, and `docs/api.md` lists them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from problems.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request, in a sentence, and where it stands.

    `pointer` is a JSON pointer into the body (RFC 6901), `parameter` names a parameter outside it (`query/limit`),
    `field` the answer field that the pointer leads to or into, and `line` counts the lines of a text, from 1.
    """

    detail: Text
    pointer: str | None = None
    parameter: str | None = None
    field: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, str | int]:
        places = {"pointer": self.pointer, "parameter": self.parameter, "field": self.field, "line": self.line}
        found = {name: place for name, place in places.items() if place is not None}
        return found | {"detail": self.detail.en, "detail_zh": self.detail.zh}


def json_pointer(*steps: str | int) -> str:
    """RFC 6901: `/answers/w/0`, with `~` and `/` inside a step escaped."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


@dataclass(eq=False)
class ServiceError(Exception):
    """The request was not done. Raised by use cases, rendered by one handler.

    `detail` is a `Text` wherever it can come onto a page; English alone is for programs.
    """

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    detail: str | Text = ""
    faults: Sequence[Fault] = ()
    members: Mapping[str, str] = field(default_factory=dict)  # further members of the problem details
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (self.detail.en if isinstance(self.detail, Text) else self.detail) or self.title

    @property
    def sentences(self) -> list[Text]:
        """What a page can say about it: each fault, else the detail."""
        if self.faults:
            return [fault.detail for fault in self.faults]
        return [self.detail] if isinstance(self.detail, Text) else []


class MalformedJsonError(ServiceError):
    """The body is not one JSON text in UTF-8."""

    status, slug, title = 400, "malformed-json", "The body is not JSON"


class BadRequestError(ServiceError):
    """The request breaks a rule of HTTP itself."""

    status, slug, title = 400, "bad-request", "Bad request"


class AccountRequiredError(ServiceError):
    """Only people who have signed in may do this, and programs that send one of their tokens.

    Answers need an account too where practice as a guest is switched off.
    """

    status, slug, title = 401, "account-required", "An account is required"


class InvalidTokenError(AccountRequiredError):
    """The bearer token is not one of this server, has expired or was revoked, or its owner's account is closed."""

    slug, title = "invalid-token", "The token is not valid"


class ForbiddenError(ServiceError):
    """Whoever is asking is known, and may not do this."""

    status, slug, title = 403, "forbidden", "Not allowed"


class InsufficientScopeError(ForbiddenError):
    """The token was not given the scope that this call needs: `read`, `attempt` or `manage`."""

    slug, title = "insufficient-scope", "The token may not do this"


class CrossSiteRequestError(ForbiddenError):
    """A page of another site made a signed-in browser send this. Programs send a token instead of the cookie."""

    slug, title = "cross-site-request", "The request comes from another site"


class AssignmentNotOpenError(ForbiddenError):
    """The assignment has not opened yet, or has closed; `detail` says which."""

    slug, title = "assignment-not-open", "The assignment is not open"


class AssignmentLockedError(ForbiddenError):
    """The assignment has a password; `POST /api/v1/assignments/{assignment_id}/unlock` takes it."""

    slug, title = "assignment-locked", "The assignment asks for a password"


class NoAttemptsLeftError(ForbiddenError):
    """As many answers to this item have been given as its assignment allows. Nothing was stored."""

    slug, title = "no-attempts-left", "No attempt is left"


class NotFoundError(ServiceError):
    """Nothing is served under this address."""

    status, slug, title = 404, "not-found", "Not found"


class UnknownProblemError(NotFoundError):
    """No exercise has this id. Ids are 1.1 to 1.10, 2.1 to 2.10, c1.1 and so on; `GET /api/v1/problems` lists them."""

    slug, title = "unknown-problem", "No such exercise"


class SeedOutOfRangeError(NotFoundError):
    """Seeds run from 0, the exercise as printed, to 9007199254740991 (2^53 - 1)."""

    slug, title = "seed-out-of-range", "No variant has this seed"


class UnknownExhibitError(NotFoundError):
    """The variant has no hint, table or figure of this name; its solution lists the tables and figures."""

    slug, title = "unknown-exhibit", "No such hint, table or figure"


class UnknownPersonError(NotFoundError):
    """Nobody has this id, or you may not know of them."""

    slug, title = "unknown-person", "No such person"


class UnknownTokenError(NotFoundError):
    """You have no token with this id."""

    slug, title = "unknown-token", "No such token"


class UnknownAttemptError(NotFoundError):
    """No attempt has this id, or it belongs to somebody else."""

    slug, title = "unknown-attempt", "No such attempt"


class UnknownCourseError(NotFoundError):
    """No course has this id, or whoever asks takes no part in it."""

    slug, title = "unknown-course", "No such course"


class UnknownAssignmentError(NotFoundError):
    """No assignment or item has this id, or whoever asks may not know of it: drafts are for those who teach."""

    slug, title = "unknown-assignment", "No such assignment"


class UnknownRegradeError(NotFoundError):
    """No regrade of the assignment has this id."""

    slug, title = "unknown-regrade", "No such regrade"


class MethodNotAllowedError(ServiceError):
    """The address exists but not for this method; the Allow header lists those that it has."""

    status, slug, title = 405, "method-not-allowed", "Method not allowed"


class RequestTimeoutError(ServiceError):
    """The body did not arrive in the time that is given for it."""

    status, slug, title = 408, "request-timeout", "The body came too slowly"


class ConflictError(ServiceError):
    """The request can't be done as things stand now, such as creating a person with an address that is taken."""

    status, slug, title = 409, "conflict", "This is not possible as things stand"


class IdempotencyKeyReusedError(ConflictError):
    """An earlier request with this Idempotency-Key had another content. Nothing was stored; use a new key."""

    slug, title = "idempotency-key-reused", "The idempotency key belongs to another request"


class EditedMeanwhileError(ConflictError):
    """Somebody else has changed it since it was read: the `version` that was sent is not the current one any more."""

    slug, title = "edited-meanwhile", "Changed by somebody else meanwhile"


class AlreadyAnsweredError(ConflictError):
    """Answers stand on it. What was asked can't be changed under them; what they are worth changes by a regrade."""

    slug, title = "already-answered", "It has been answered already"


class CourseArchivedError(ConflictError):
    """The course is archived: it can be read, and changes again once it is taken out of the archive."""

    slug, title = "course-archived", "The course is archived"


class ContentTooLargeError(ServiceError):
    """The body is larger than this server reads."""

    status, slug, title = 413, "content-too-large", "The body is too large"


class UnsupportedMediaTypeError(ServiceError):
    """The body must be sent as application/json, in UTF-8 and without a Content-Encoding."""

    status, slug, title = 415, "unsupported-media-type", "The body must be JSON"


class InvalidRequestError(ServiceError):
    """The request can be read but says what this call does not take; `errors` lists every fault with its place."""

    status, slug, title = 422, "invalid-request", "The request is not valid"


class UnreadableAnswersError(InvalidRequestError):
    """Some answers can't be read as what their fields ask for; `errors` says why. No attempt was stored or spent."""

    slug, title = "unreadable-answers", "Some answers can't be read"


class UnknownFormError(ServiceError):
    """The variant exists, but not in the form asked for; `GET /api/v1/problems/{id}` lists the forms."""

    status, slug, title = 422, "unknown-form", "The variant has no such form"


class TooManyRequestsError(ServiceError):
    """Tried too often; it is taken again after the seconds in Retry-After."""

    status, slug, title = 429, "too-many-requests", "Too many tries"


class GradingFailedError(ServiceError):
    """The answer is stored, under the id in `attempt`, but could not be graded. It will be graded later."""

    status, slug, title = 500, "grading-failed", "The answer is stored but not graded"


class InternalError(ServiceError):
    """A fault of this server, which has been logged."""

    status, slug, title = 500, "internal", "Something went wrong here"


class UnavailableError(ServiceError):
    """The server can't do this now. Nothing is known to be stored; try again after the seconds in Retry-After.

    With an Idempotency-Key, trying again never stores an answer twice.
    """

    status, slug, title = 503, "unavailable", "Try again in a moment"


def all_errors(root: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """Every class of the tree below `root`, which are all that a caller can meet."""
    for child in root.__subclasses__():
        yield child
        yield from all_errors(child)
