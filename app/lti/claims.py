"""Names in LTI messages, and what the roles of a platform mean in a course.

Sources: LTI 1.3 core (claims 5.3 and 5.4, roles A.2), Deep Linking 2.0, Assignment and Grade Services 2.0, Names and
Role Provisioning Services 2.0.
"""

from collections.abc import Collection
from typing import Final

from app.courses.models import Role

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
VERSION: Final = _LTI + "version"
MESSAGE_TYPE: Final = _LTI + "message_type"
DEPLOYMENT_ID: Final = _LTI + "deployment_id"
TARGET_LINK_URI: Final = _LTI + "target_link_uri"
RESOURCE_LINK: Final = _LTI + "resource_link"
CONTEXT: Final = _LTI + "context"
ROLES: Final = _LTI + "roles"
CUSTOM: Final = _LTI + "custom"
TOOL_PLATFORM: Final = _LTI + "tool_platform"
LAUNCH_PRESENTATION: Final = _LTI + "launch_presentation"

_DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
DEEP_LINKING_SETTINGS: Final = _DEEP_LINKING + "deep_linking_settings"
CONTENT_ITEMS: Final = _DEEP_LINKING + "content_items"
DATA: Final = _DEEP_LINKING + "data"
MSG: Final = _DEEP_LINKING + "msg"
LOG: Final = _DEEP_LINKING + "log"
ERROR_MSG: Final = _DEEP_LINKING + "errormsg"
ERROR_LOG: Final = _DEEP_LINKING + "errorlog"

AGS_ENDPOINT: Final = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS_SERVICE: Final = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"

SCOPE_LINE_ITEM: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCOPE_LINE_ITEM_READ: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
SCOPE_RESULT_READ: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCOPE_SCORE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCOPE_MEMBERSHIPS: Final = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

LTI_VERSION: Final = "1.3.0"
RESOURCE_LINK_REQUEST: Final = "LtiResourceLinkRequest"
DEEP_LINKING_REQUEST: Final = "LtiDeepLinkingRequest"
DEEP_LINKING_RESPONSE: Final = "LtiDeepLinkingResponse"

ASSIGNMENT: Final = "haitang_assignment"
"""The custom parameter by which a link names its assignment, so that a copied course still knows it."""

_CONTEXT_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
_SUB_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
LEARNER: Final = _CONTEXT_ROLE + "Learner"
INSTRUCTOR: Final = _CONTEXT_ROLE + "Instructor"
CONTENT_DEVELOPER: Final = _CONTEXT_ROLE + "ContentDeveloper"
ADMINISTRATOR: Final = _CONTEXT_ROLE + "Administrator"
MENTOR: Final = _CONTEXT_ROLE + "Mentor"
TEACHING_ASSISTANT: Final = _SUB_ROLE + "Instructor#TeachingAssistant"

_TEACHING = frozenset({"Instructor", "Administrator", "ContentDeveloper"})


def role_in_course(roles: Collection[str]) -> Role | None:
    """What somebody with these roles is in the course; None for who has no part in it (mentors, or no role at all).

    Only roles in the context count: who administers the platform or is on the institution's staff does not teach the
    course by that. Platforms send an assistant's role beside that of an instructor, and some beside that of a learner,
    so that the narrower one is asked for first.
    """
    found = {_in_context(role) for role in roles}
    if any(name == "Instructor" and sub.startswith(("TeachingAssistant", "Grader")) for name, sub in found):
        return "assistant"
    names = {name for name, _ in found}
    if names & _TEACHING:
        return "instructor"
    return "student" if "Learner" in names else None


def _in_context(role: str) -> tuple[str, str]:
    """A context role as (principal role, sub-role), ("", "") for any other; simple names stand for context roles."""
    if role.startswith(_SUB_ROLE):
        name, _, sub = role.removeprefix(_SUB_ROLE).partition("#")
        return name, sub
    if role.startswith(_CONTEXT_ROLE):
        return role.removeprefix(_CONTEXT_ROLE), ""
    return ("", "") if ":" in role else (role, "")
