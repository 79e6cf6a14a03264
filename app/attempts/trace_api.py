"""POST /api/v1/problems/{problem_id}/variants/{seed}/trace: “check my run”, without an attempt. Nothing is stored."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.attempts.problems_api import ProblemId, Seed
from app.attempts.service import Service, service_of
from app.attempts.trace_schemas import TraceOut, TraceRequest
from app.core import errors
from app.core.errors import Fault, json_pointer
from app.core.json_body import as_model, body_of, private_json, read_json
from app.core.problem_details import documented
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
    openapi_extra=body_of(TraceRequest),
)
async def check_trace(request: Request, problem_id: ProblemId, seed: Seed) -> Response:
    service = service_of(request)
    problem = find(problem_id)
    wanted = as_model(await read_json(request), TraceRequest, "The body is not a run.")
    variant = (await service.variants.get(problem, seed)).variant
    try:
        report = await check(service, variant, wanted.trace)
    except FormatError as error:
        fault = Fault(error.text, pointer=json_pointer(TRACE), field=TRACE)
        raise errors.UnreadableAnswersError("Mend the run and send it again.", [fault]) from None
    return private_json(trace_json(variant, report))


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


def _example() -> dict[str, Any]:
    variant = deal(find("1.7"), 0)
    assert variant.problem.tracing is not None
    rows = variant.problem.tracing.run(variant.parameters).round(4)[:4]
    return trace_json(variant, traced(variant).parse([*rows.tolist(), rows[-1].tolist()]))


EXAMPLES: Mapping[str, Callable[[], object]] = {"checkTrace": _example}
