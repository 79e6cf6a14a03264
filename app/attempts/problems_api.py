"""GET /api/v1/problems…: the catalogue, and the variants to be answered. Public facts, which caches may keep."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from app.attempts import schemas
from app.attempts.exercises import problem_json, variant_json
from app.attempts.service import service_of
from app.core import errors
from app.core.caching import public_json
from app.core.pagination import MAX_LIMIT, Cursor, Limit, decode_cursor, encode_cursor, page
from app.core.problem_details import documented
from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.draws import MAX_SEED

router = APIRouter(prefix="/api/v1/problems", tags=["exercises"])

ETAG = {"ETag": {"description": "names this version of the response", "schema": {"type": "string"}}}
CACHEABLE: dict[int | str, dict[str, Any]] = {
    200: {"headers": ETAG},
    304: {"description": "The copy named by If-None-Match is current.", "headers": ETAG},
}

IfNoneMatch = Annotated[
    str | SkipJsonSchema[None], Header(alias="If-None-Match", description="the ETag of a copy that the client holds")
]
SetName = Annotated[str, Field(pattern="^([12]|c[1-9][0-9]?)$")]
VariantForm = Annotated[
    schemas.Form | SkipJsonSchema[None], Query(description="the variant's default form if left out")
]
ProblemId = Annotated[str, Path(examples=["1.6"], json_schema_extra={"pattern": schemas.PROBLEM_ID})]


def _canonical(text: str) -> str:
    """Python reads 1_0, +1 and 01 as numbers too; an address has one spelling, and a number 64 bits."""
    canonical = re.fullmatch("-?(0|[1-9][0-9]{0,18})", text) is not None and abs(int(text)) < 2**63
    return text if canonical else "no number"


Seed = Annotated[
    int,
    BeforeValidator(_canonical),
    Path(
        description="0 is the exercise as printed in the book, every other seed a variant of it",
        json_schema_extra={"minimum": 0, "maximum": MAX_SEED},
        examples=[0, 1],
    ),
]


@router.get(
    "",
    operation_id="listProblems",
    summary="The exercises, in the order of the book",
    response_model=schemas.ProblemPage,
    responses=CACHEABLE | documented(errors.InvalidRequestError),
)
async def list_problems(
    request: Request,
    set_: Annotated[SetName | SkipJsonSchema[None], Query(alias="set", examples=["1"])] = None,
    limit: Limit = MAX_LIMIT,
    cursor: Cursor = None,
    _if_none_match: IfNoneMatch = None,
) -> Response:
    ids = list(catalogue())
    after = ids.index(decode_cursor(cursor, ids.__contains__)) + 1 if cursor is not None else 0
    found = [catalogue()[name] for name in ids[after:] if set_ is None or catalogue()[name].set == set_]
    return public_json(request, page(found, limit, lambda problem: problem.id, problem_json))


@router.get(
    "/{problem_id}",
    operation_id="getProblem",
    summary="One exercise",
    response_model=schemas.ProblemSummary,
    responses=CACHEABLE | documented(errors.UnknownProblemError, errors.InvalidRequestError),
)
async def get_problem(request: Request, problem_id: ProblemId, _if_none_match: IfNoneMatch = None) -> Response:
    return public_json(request, problem_json(find(problem_id)))


@router.get(
    "/{problem_id}/variants/{seed}",
    operation_id="getVariant",
    summary="One variant, ready to be answered",
    response_model=schemas.VariantOut,
    responses=CACHEABLE
    | documented(
        errors.UnknownProblemError,
        errors.SeedOutOfRangeError,
        errors.UnknownFormError,
        errors.InvalidRequestError,
        errors.UnavailableError,
    ),
)
async def get_variant(
    request: Request,
    problem_id: ProblemId,
    seed: Seed,
    form: VariantForm = None,
    _if_none_match: IfNoneMatch = None,
) -> Response:
    variant = (await service_of(request).variants.get(find(problem_id), seed)).variant
    return public_json(request, variant_json(variant, form or variant.forms[0]))


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listProblems": lambda: {"items": [problem_json(find("1.6"))], "next_cursor": encode_cursor("1.6")},
    "getProblem": lambda: problem_json(find("1.6")),
    "getVariant": lambda: variant_json(deal(find("1.6"), 1), "open"),
}
