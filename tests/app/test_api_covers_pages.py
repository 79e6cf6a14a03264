"""Whatever a page shows or does, a program can have by the API: every route of the pages, and the calls for it.

A page without an entry fails the test; so does an entry that names a call which is not there. What belongs to browsers
alone, or to a protocol of its own, says so in a sentence. That the fields of forms are those of the calls needs no
list: both are read by the same models.
"""

from collections.abc import Iterator

import pytest

from app import main, parts

BROWSERS = "browsers: "
PROTOCOL = "protocol: "

COVERED: dict[str, str] = {
    # exercises and practice
    "GET /": BROWSERS + "leads to the language that is preferred",
    "GET /{language}": "listProblems",
    "GET /{language}/": "listProblems",
    "GET /{language}/problems": "listProblems",
    "GET /{language}/about": BROWSERS + "words about the service",
    "GET /{language}/statistics": BROWSERS + "definitions, which stand in docs/statistics.md",
    "GET /{language}/problems/{problem_id}": "getProblem getVariant getHint",
    "POST /{language}/problems/{problem_id}": "createAttempt",
    "GET /{language}/problems/{problem_id}/another": "getVariant",
    "GET /{language}/problems/{problem_id}/preview": "readAnswers",
    "GET /{language}/problems/{problem_id}/solution": "getSolution getSolutionTable getFigure",
    "GET /{language}/problems/{problem_id}/trace": "checkTrace",
    "POST /{language}/problems/{problem_id}/trace": "checkTrace",
    "GET /{language}/attempts": "listAttempts",
    "GET /{language}/attempts/{attempt_id}": "getAttempt",
    "GET /{language}/problems/{problem_id}/export": "exportProblem",
    "GET /{language}/problems/{problem_id}/export/file": "exportProblem",
    # accounts
    "GET /{language}/sign-in": BROWSERS + "programs send a token",
    "POST /{language}/sign-in": BROWSERS + "programs send a token",
    "POST /{language}/sign-out": BROWSERS + "programs forget their token",
    "GET /{language}/sign-in/link/{secret}": BROWSERS + "a link opens a session",
    "POST /{language}/sign-in/link/{secret}": BROWSERS + "a link opens a session",
    "GET /{language}/account": "getMe listSessions",
    "POST /{language}/account/password": "changePassword",
    "POST /{language}/account/sessions/end": "endSessions",
    "GET /{language}/account/tokens": "listTokens",
    "POST /{language}/account/tokens": "createToken",
    "POST /{language}/account/tokens/{token_id}/revoke": "revokeToken",
    "GET /{language}/account/data": "exportMe",
    "GET /{language}/account/delete": "getMe",
    "POST /{language}/account/delete": "forgetMe",
    "GET /{language}/account/deleted": BROWSERS + "a word of farewell",
    # administration
    "GET /{language}/people": "listPeople",
    "POST /{language}/people": "createPerson createSignInLink",
    "POST /{language}/people/{person_id}/link": "createSignInLink",
    "GET /{language}/people/{person_id}": "getPerson exportPerson",
    "POST /{language}/people/{person_id}": "changePerson",
    "GET /{language}/people/{person_id}/delete": "getPerson",
    "POST /{language}/people/{person_id}/delete": "forgetPerson",
    "GET /{language}/audit": "listAuditEntries verifyAudit",
    "GET /{language}/courses/{course_id}/audit": "listCourseAuditEntries",
    # courses
    "GET /{language}/courses": "listCourses",
    "POST /{language}/courses": "createCourse",
    "GET /{language}/courses/{course_id}": "getCourse listAssignments",
    "POST /{language}/courses/{course_id}": "changeCourse",
    "POST /{language}/courses/{course_id}/assignments": "createAssignment",
    "GET /{language}/courses/{course_id}/people": "listEnrolments listInvitations",
    "POST /{language}/courses/{course_id}/people": "createEnrolment",
    "POST /{language}/courses/{course_id}/people/class-list": "importClassList",
    "POST /{language}/courses/{course_id}/people/links": "createSignInLinks",
    "POST /{language}/enrolments/{enrolment_id}": "changeEnrolment",
    "POST /{language}/courses/{course_id}/invitations": "createInvitation",
    "POST /{language}/invitations/{invitation_id}/revoke": "revokeInvitation",
    "GET /{language}/join/{secret}": "getOffer",
    "POST /{language}/join/{secret}": "acceptInvitation createAccount",
    # assignments
    "GET /{language}/assignments/{assignment_id}": "getAssignment listItems",
    "GET /{language}/assignments/{assignment_id}/edit": "getAssignment listItems listExtensions",
    "POST /{language}/assignments/{assignment_id}/edit": "changeAssignment",
    "POST /{language}/assignments/{assignment_id}/delete": "deleteAssignment",
    "POST /{language}/assignments/{assignment_id}/copy": "copyAssignment",
    "POST /{language}/assignments/{assignment_id}/items": "createItem",
    "POST /{language}/items/{item_id}": "changeItem deleteItem",
    "POST /{language}/assignments/{assignment_id}/extensions": "createExtension",
    "POST /{language}/extensions/{extension_id}/delete": "deleteExtension",
    "GET /{language}/assignments/{assignment_id}/preview": "previewAssignment",
    "POST /{language}/assignments/{assignment_id}/unlock": "unlockAssignment",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}": "getAssignedExercise listItemAttempts getDraft "
    "getItemSolution",
    "POST /{language}/assignments/{assignment_id}/items/{item_id}": "createAttempt saveDraft",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}/preview": "readAssignedAnswers",
    "POST /{language}/assignments/{assignment_id}/items/{item_id}/hints/{number}": "openHint",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}/tables/{table}.csv": "getItemTable",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}/figures/{figure}.{theme}.svg": "getItemFigure",
    "GET /{language}/assignments/{assignment_id}/export": "exportAssignment",
    "GET /{language}/assignments/{assignment_id}/export/file": "exportAssignment",
    # scores
    "GET /{language}/assignments/{assignment_id}/report": "getReport getActivity getGradebookCsv getWorkbook",
    "GET /{language}/assignments/{assignment_id}/report/items/{item_id}": "getItemReports",
    "GET /{language}/assignments/{assignment_id}/report/concepts": "getConcepts",
    "GET /{language}/assignments/{assignment_id}/report/students/{person_id}": "getStudentReport",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}/regrade": "getItem previewRegrade",
    "POST /{language}/assignments/{assignment_id}/items/{item_id}/regrade": "previewRegrade createRegrade",
    "GET /{language}/assignments/{assignment_id}/regrades": "listRegrades",
    "GET /{language}/assignments/{assignment_id}/regrades/{regrade_id}": "getRegrade",
    "POST /{language}/assignments/{assignment_id}/regrades/{regrade_id}/undo": "undoRegrade",
    "POST /{language}/assignments/{assignment_id}/regrades/{regrade_id}/resume": "resumeRegrade",
    "GET /{language}/assignments/{assignment_id}/items/{item_id}/overrides": "listOverrides",
    "POST /{language}/assignments/{assignment_id}/items/{item_id}/overrides": "createOverride",
    # webhooks
    "GET /{language}/courses/{course_id}/webhooks": "listWebhooks",
    "POST /{language}/courses/{course_id}/webhooks": "createWebhook",
    "GET /{language}/webhooks/{webhook_id}": "getWebhook listDeliveries getDelivery",
    "POST /{language}/webhooks/{webhook_id}": "changeWebhook",
    "POST /{language}/webhooks/{webhook_id}/secret": "rotateWebhookSecret",
    "POST /{language}/webhooks/{webhook_id}/ping": "pingWebhook",
    "POST /{language}/webhooks/{webhook_id}/resend": "resendFailedDeliveries",
    "POST /{language}/webhooks/{webhook_id}/deliveries/{delivery_id}/resend": "resendDelivery",
    "POST /{language}/webhooks/{webhook_id}/remove": "deleteWebhook",
    # learning platforms
    "GET /{language}/lti": "listPlatforms getTool",
    "GET /{language}/lti/new": "getTool",
    "POST /{language}/lti/new": "createPlatform",
    "POST /{language}/lti/registrations": "createRegistration",
    "GET /{language}/lti/platforms/{platform_id}": "getPlatform",
    "POST /{language}/lti/platforms/{platform_id}": "changePlatform",
    "POST /{language}/lti/platforms/{platform_id}/deployments": "createDeployment",
    "POST /{language}/lti/platforms/{platform_id}/deployments/{deployment}/delete": "deleteDeployment",
    "POST /{language}/lti/platforms/{platform_id}/self-test": "testPlatform",
    "GET /{language}/assignments/{assignment_id}/lti": "listSentScores",
    "POST /{language}/assignments/{assignment_id}/lti": "resendScores",
    "POST /{language}/assignments/{assignment_id}/lti/links": "changeLink",
    "GET /{language}/courses/{course_id}/lti": "listRoster",
    "POST /{language}/courses/{course_id}/lti": "syncRoster",
    "GET /{language}/lti/waiting": PROTOCOL + "what a launch shows whose link nobody has chosen an assignment for",
    "GET /{language}/lti/choose/{launch_id}": PROTOCOL + "a step of a launch, bound to its browser",
    "POST /{language}/lti/choose/{launch_id}": PROTOCOL + "a step of a launch, bound to its browser",
    "GET /{language}/lti/deep-link/{launch_id}": PROTOCOL + "a step of a launch, bound to its browser",
    "POST /{language}/lti/deep-link/{launch_id}": PROTOCOL + "a step of a launch, bound to its browser",
    "GET /lti/jwks": PROTOCOL + "for platforms",
    "GET /lti/login": PROTOCOL + "for platforms",
    "POST /lti/login": PROTOCOL + "for platforms",
    "POST /lti/launch": PROTOCOL + "for platforms",
    "GET /lti/register/{invitation}": PROTOCOL + "for platforms",
    "GET /lti/icon.svg": PROTOCOL + "for platforms",
}


def routes() -> Iterator[str]:
    for part in parts.PAGES:
        for route in part.router.routes:
            for method in sorted(route.methods - {"HEAD"}):
                yield f"{method} {route.path}".replace("{language:language}", "{language}")


@pytest.fixture(scope="module")
def operations() -> set[str]:
    paths = main.create_app().openapi()["paths"]
    return {operation["operationId"] for methods in paths.values() for operation in methods.values()}


def test_every_page_has_an_entry() -> None:
    assert set(routes()) - set(COVERED) == set()


def test_no_entry_is_left_over() -> None:
    assert set(COVERED) - set(routes()) == set()


def test_every_call_is_there(operations: set[str]) -> None:
    named = {name for value in COVERED.values() if not value.startswith((BROWSERS, PROTOCOL)) for name in value.split()}
    assert named - operations == set()


def test_what_changes_something_is_covered_by_a_call_that_does() -> None:
    """A form is not said to be covered by a call that merely looks."""
    looking = ("get", "list")
    for page, value in COVERED.items():
        if page.startswith("POST") and not value.startswith((BROWSERS, PROTOCOL)):
            assert any(not name.startswith(looking) for name in value.split()), page
