"""The modules with routes, and what the OpenAPI document says of them together."""

from functools import cache

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.routing import BaseRoute

from app import health
from app.accounts import account_pages, forgetting_api, forgetting_pages, own_api, people_api, person_pages
from app.accounts import api as accounts_api
from app.accounts import pages as sign_in_pages
from app.attempts import api as attempts_api
from app.attempts import (
    assigned_api,
    assigned_pages,
    assigned_schemas,
    item_exhibits,
    item_pages,
    item_solution_api,
    override_pages,
    pages,
    personal_api,
    problems_api,
    reading_api,
    regrade_api,
    regrade_history_pages,
    regrade_pages,
    solution_pages,
    solutions_api,
    trace_api,
    trace_pages,
)
from app.attempts.schemas import AttemptRequest
from app.attempts.trace_schemas import TraceRequest
from app.core.problem_details import ProblemDetails
from app.courses import (
    assignment_pages,
    assignments_api,
    audit_api,
    audit_pages,
    courses_api,
    enrolments_api,
    extensions_api,
    invitations_api,
    items_api,
    join_pages,
    offers_api,
    people_pages,
)
from app.courses import pages as course_pages
from app.exports import api as exports_api
from app.exports import pages as export_pages
from app.lti import (
    links_api,
    picker_pages,
    platforms_api,
    registration_pages,
    services_api,
    services_pages,
    setup_pages,
)
from app.lti import pages as lti_pages
from app.reports import api as reports_api
from app.reports import files_api as report_files_api
from app.reports import pages as report_pages
from app.webhooks import api as webhooks_api
from app.webhooks import pages as webhook_pages

TAGS = [
    {"name": "exercises", "description": "What is asked. Public facts, the same for everybody."},
    {"name": "attempts", "description": "What was answered, and what it was worth."},
    {"name": "courses", "description": "Courses, which people teach and take part in."},
    {"name": "enrolments", "description": "Who takes part in a course: one by one, by class list, by invitation."},
    {"name": "assignments", "description": "What is set in a course, and the rules under which it is answered."},
    {"name": "accounts", "description": "Who is asking, and keys for their programs."},
    {"name": "administration", "description": "People and the audit log, for the administrator."},
    {"name": "reports", "description": "Scores, item analysis and exports, for those who teach a course."},
    {"name": "exports", "description": "Exercises as questions for Moodle and for systems that read QTI."},
    {"name": "lti", "description": "Learning platforms that launch assignments and are sent scores."},
    {"name": "webhooks", "description": "Messages to other programs: what they are sent, and where."},
    {"name": "health", "description": "For whoever watches the service."},
]

COURSES = (
    courses_api,
    enrolments_api,
    invitations_api,
    offers_api,
    assignments_api,
    items_api,
    extensions_api,
    audit_api,
)
APIS = (
    problems_api,
    solutions_api,
    trace_api,
    reading_api,
    attempts_api,
    assigned_api,
    item_solution_api,
    regrade_api,
    *COURSES,
    accounts_api,
    own_api,
    people_api,
    forgetting_api,
    personal_api,
    reports_api,
    report_files_api,
    exports_api,
    webhooks_api,
    platforms_api,
    services_api,
    links_api,
    health,
)
"""Modules with routes that the OpenAPI document describes: each has a `router`, and `EXAMPLES` by operation id."""
COURSE_PAGES = (course_pages, people_pages, join_pages, assignment_pages, audit_pages)
PAGES = (
    *COURSE_PAGES,
    pages,
    trace_pages,
    solution_pages,
    assigned_pages,
    item_pages,
    item_exhibits,
    regrade_pages,
    regrade_history_pages,
    override_pages,
    sign_in_pages,
    account_pages,
    person_pages,
    forgetting_pages,
    report_pages,
    webhook_pages,
    export_pages,
    lti_pages,
    services_pages,
    setup_pages,
    registration_pages,
    picker_pages,
)
BODIES: list[type[BaseModel]] = [
    AttemptRequest,
    TraceRequest,
    ProblemDetails,
    *(body for part in COURSES for body in part.BODIES),
    *assigned_schemas.BODIES,
    *accounts_api.BODIES,
    *own_api.BODIES,
    *reading_api.BODIES,
    *people_api.BODIES,
    *forgetting_api.BODIES,
    *webhooks_api.BODIES,
    *platforms_api.BODIES,
    *services_api.BODIES,
    *links_api.BODIES,
]
"""What OpenAPI describes although no route declares it: bodies that routes read themselves, and errors."""


@cache
def routes() -> list[BaseRoute]:
    """The routes of every part, the same for each application of a process: what the framework derives is dear."""
    collecting = APIRouter()
    for part in (*APIS, *PAGES):
        collecting.include_router(part.router)
    return collecting.routes
