"""POST /api/v1/problems/{problem_id}/variants/{seed}/trace: “check my run”, without an attempt. Nothing is stored."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from app.attempts.problems_api import ProblemId, Seed
from app.attempts.result import to_json
from app.attempts.service import Service, service_of
from app.attempts.trace_schemas import TraceOut, TraceRequest
from app.core import errors, strict_json
from app.core.errors import Fault, json_pointer
from app.core.problem_details import documented
from app.core.validation import body_faults
from problems.catalogue import find
from problems.dealing import deal
from problems.reading import FormatError
from problems.trace_kind import TRACE, Trace, read_as, trace_of
from problems.trace_report import TraceReport
from problems.variant import Variant

router = APIRouter(prefix="/api/v1/problems", tags=["exercises"])

BODY_LIMITS = {
    r"/api/v1/problems/[^/]+/variants/[^/]+/trace": 1_500_000,
    r"/api/v1/attempts": 1_500_000,
    r"/[a-z]+/problems/[^/]+/trace": 3_500_000,
    r"/[a-z]+/assignments/[^/]+/items/[^/]+": 3_500_000,
}
"""Bytes of a body with a run, by its address: a million characters, of which a form writes many as three."""

NOT_KEPT = {"Cache-Control": "no-store"}
REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TraceRequest"}}},
    }
}


@router.post(
    "/{problem_id}/variants/{seed}/trace",
    operation_id="checkTrace",
    summary="Check a whole run, step by step",
    description="For exercises with iterations. Nothing is stored and nothing graded.",
    response_model=TraceOut,
    responses=documented(
        errors.MalformedJsonError,
        errors.NotFoundError,
        errors.UnknownProblemError,
        errors.SeedOutOfRangeError,
        errors.RequestTimeoutError,
        errors.ContentTooLargeError,
        errors.UnsupportedMediaTypeError,
        errors.InvalidRequestError,
        errors.UnreadableAnswersError,
        errors.UnavailableError,
    ),
    openapi_extra=REQUEST_BODY,
)
async def check_trace(request: Request, problem_id: ProblemId, seed: Seed) -> Response:
    service = service_of(request)
    problem = find(problem_id)
    strict_json.require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
    wanted = _read(strict_json.parse(await request.body()))
    variant = (await service.variants.get(problem, seed)).variant
    try:
        report = await check(service, variant, wanted.trace)
    except FormatError as error:
        fault = Fault(error.text, pointer=json_pointer(TRACE), field=TRACE)
        raise errors.UnreadableAnswersError("Mend the run and send it again.", [fault]) from None
    return Response(to_json(trace_json(variant, report)), headers=NOT_KEPT, media_type="application/json")


async def check(service: Service, variant: Variant[Any], pasted: Any) -> TraceReport:
    """The report on a run, made off the event loop.

    Raises:
        NotFoundError: the exercise has no iterations.
        FormatError: what was pasted is no run.
        UnavailableError: too many are being checked.

    """
    return await service.variants.compute(traced(variant).parse, pasted)


def traced(variant: Variant[Any]) -> Trace:
    """The field for a run; raises `NotFoundError` where there are no iterations."""
    trace = trace_of(variant, "open")
    if trace is None:
        raise errors.NotFoundError("This exercise has no iterations to check.")
    return trace


def trace_json(variant: Variant[Any], report: TraceReport) -> dict[str, Any]:
    return {
        "problem": variant.problem.id,
        "version": variant.problem.version,
        "seed": variant.seed,
        "correct": report.correct,
        "steps": report.steps,
        "rows": report.rows,
        "right_steps": report.right_steps,
        "first_wrong": report.first_wrong,
        "shown_with_start": report.shown_with_start,
        "transposed": report.transposed,
        "numbered": report.numbered,
        "every": report.every,
        "mistake": report.mistake,
        "candidates": report.candidates,
        "read_as": read_as(report).as_dict(),
        "feedback": report.text.as_dict(),
    }


def _read(body: Any) -> TraceRequest:
    try:
        return TraceRequest.model_validate(body)
    except ValidationError as error:
        faults = body_faults(error.errors(include_url=False, include_input=False))
        raise errors.InvalidRequestError("The body is not a run.", faults) from None


def _example() -> dict[str, Any]:
    variant = deal(find("1.7"), 0)
    assert variant.problem.tracing is not None
    rows = variant.problem.tracing.run(variant.parameters).round(4)[:4]
    return trace_json(variant, traced(variant).parse([*rows.tolist(), rows[-1].tolist()]))


EXAMPLES: Mapping[str, Callable[[], object]] = {"checkTrace": _example}
