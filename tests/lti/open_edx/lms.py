"""An Open edX for the tests: its own LTI consumer (lti-consumer-xblock) in a Django that has nothing else.

Runs in an environment of its own (`make lti-consumer`), as a process: `python lms.py FOLDER` writes its address and
ends when its standard input closes. All of LTI is the consumer's code. What it asks of the rest of the LMS
(`lti_consumer.plugin.compat`) is answered here: one course with one block, three people, and grades that are kept.

    POST /setup    the tool's addresses       ──► what is to be registered at the tool
    POST /start    a person, and what to open ──► where the browser begins
    GET  /state    what the LMS has stored
"""

import json
import logging
import socket
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import django
from django.conf import settings

COURSE = "course-v1:hit+neural+2026"
BLOCK = "block-v1:hit+neural+2026+type@lti_consumer+block@sheet1"
PEOPLE = {
    1: {"name": "Ada Teacher", "username": "ada", "email": "ada@example.edu", "role": "instructor"},
    2: {"name": "李海棠", "username": "haitang", "email": "haitang@example.edu", "role": "student"},
    3: {"name": "Alan Assistant", "username": "alan", "email": "alan@example.edu", "role": "Community TA"},
}


def configure(folder: Path, address: str) -> None:
    settings.configure(
        SECRET_KEY="a secret of the tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        DEBUG_PROPAGATE_EXCEPTIONS=True,
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "lms.db"}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "lti_consumer"],
        MIDDLEWARE=["edx_django_utils.cache.middleware.RequestCacheMiddleware", f"{__name__}.recognise"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        LMS_ROOT_URL=address,
        PLATFORM_NAME="Open edX of the tests",
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    )
    django.setup()


GRADES: dict[str, list[float]] = {}
"""What the LMS's gradebook shows, by the name of the user: the share of the points, and the points."""


class Block:
    """The LTI component in the course."""

    display_name, weight, has_score, accept_grades_past_due = "Sheet 1", 10, True, True
    context_id, lti_1p3_passport_id = COURSE, ""

    def __init__(self, location: object) -> None:
        self.location = location
        self.scope_ids = SimpleNamespace(usage_id=location)

    def is_past_due(self) -> bool:
        return False

    def max_score(self) -> float:
        return self.weight

    def set_user_module_score(self, user: str, score: float, maximum: float, _comment: str | None) -> None:
        GRADES[user] = [score, maximum]


def recognise(get_response):
    """The LMS's own session: a browser says who is signed in."""

    def middleware(request):
        person = PEOPLE.get(int(request.headers.get("X-Person", "0")))
        role = person["role"] if person else ""
        request.user = SimpleNamespace(is_authenticated=person is not None, is_staff=role == "instructor")
        return get_response(request)

    return middleware


def external_id(person: int) -> str:
    """What the tool knows somebody by."""
    return f"external-{person}"


def answer_for_the_lms() -> None:
    from lti_consumer.plugin import compat  # noqa: PLC0415 - only once Django is set up

    def members(_course):
        return {
            id_: {
                "id": id_,
                **{name: person[name] for name in ("name", "username", "email")},
                "roles": [person["role"]],
            }
            for id_, person in PEOPLE.items()
        }

    compat.load_enough_xblock = compat.load_block_as_user = Block
    compat.get_user_from_external_user_id = lambda id_: PEOPLE[int(id_.removeprefix("external-"))]["username"]
    compat.user_has_studio_write_access = lambda user, _course: user.is_staff
    compat.get_course_members = members
    compat.merge_course_forum_roles = lambda _course, found: found
    compat.batch_get_or_create_externalids = lambda _users: {
        id_: SimpleNamespace(external_user_id=external_id(id_)) for id_ in PEOPLE
    }


def setup(request):
    """Configure the consumer for a tool, as an author does in Studio."""
    from django.http import JsonResponse  # noqa: PLC0415
    from lti_consumer import api  # noqa: PLC0415
    from lti_consumer.data import Lti1p3LaunchData  # noqa: PLC0415
    from lti_consumer.models import CourseAllowPIISharingInLTIFlag, LtiConfiguration  # noqa: PLC0415
    from opaque_keys.edx.keys import CourseKey, UsageKey  # noqa: PLC0415

    tool = json.loads(request.body)
    made = LtiConfiguration.objects.create(
        version=LtiConfiguration.LTI_1P3,
        config_store=LtiConfiguration.CONFIG_ON_DB,
        location=UsageKey.from_string(BLOCK),
        lti_1p3_oidc_url=tool["login_url"],
        lti_1p3_launch_url=tool["launch_url"],
        lti_1p3_redirect_uris=tool["redirect_urls"],
        lti_advantage_enable_nrps=True,
        lti_advantage_deep_linking_enabled=True,
        lti_advantage_deep_linking_launch_url=tool["deep_linking_url"],
        lti_advantage_ags_mode=tool["ags_mode"],
    )
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=CourseKey.from_string(COURSE), enabled=True)
    made.refresh_from_db()
    made.lti_1p3_passport.lti_1p3_tool_keyset_url = tool["keyset_url"]
    made.lti_1p3_passport.save()
    who = Lti1p3LaunchData(user_id=1, user_role="instructor", config_id=made.config_id, resource_link_id=BLOCK)
    shown = api.get_lti_1p3_launch_info(who)
    return JsonResponse(
        {
            "issuer": settings.LMS_ROOT_URL,
            "client_id": shown["client_id"],
            "deployments": [shown["deployment_id"]],
            "authorization_url": shown["oidc_callback"],
            "token_url": shown["token_url"],
            "keyset_url": shown["keyset_url"],
        }
    )


def start(request):
    """Where somebody's browser begins: a launch of the block, of a content item, or deep linking."""
    from django.http import JsonResponse  # noqa: PLC0415
    from lti_consumer import api  # noqa: PLC0415
    from lti_consumer.data import Lti1p3LaunchData  # noqa: PLC0415
    from lti_consumer.models import LtiConfiguration  # noqa: PLC0415

    asked = json.loads(request.body)
    person = PEOPLE[asked["person"]]
    launch = Lti1p3LaunchData(
        user_id=asked["person"],
        user_role=person["role"],
        config_id=LtiConfiguration.objects.get().config_id,
        resource_link_id=BLOCK,
        external_user_id=external_id(asked["person"]),
        name=person["name"],
        launch_presentation_document_target="iframe",
        context_id=COURSE,
        context_type=["course_offering"],
        context_title="Neural computation",
        context_label="neural",
    )
    url = api.get_lti_1p3_launch_start_url(
        launch, deep_link_launch=asked.get("deep_linking", False), dl_content_id=asked.get("item")
    )
    return JsonResponse({"url": url})


def state(_request):
    from django.http import JsonResponse  # noqa: PLC0415
    from lti_consumer.models import LtiAgsLineItem, LtiAgsScore, LtiDlContentItem  # noqa: PLC0415

    return JsonResponse(
        {
            "items": [{"id": item.id, **item.attributes} for item in LtiDlContentItem.objects.order_by("id")],
            "line_items": [
                {"label": each.label, "maximum": each.score_maximum, "resource_id": each.resource_id, "tag": each.tag}
                for each in LtiAgsLineItem.objects.order_by("id")
            ],
            "scores": [
                {
                    "person": each.user_id,
                    "given": each.score_given,
                    "maximum": each.score_maximum,
                    "grading": each.grading_progress,
                    "activity": each.activity_progress,
                }
                for each in LtiAgsScore.objects.order_by("id")
            ],
            "grades": GRADES,
        }
    )


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    address_family = socket.AF_INET


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Tests are read, not logs."""


def main(folder: Path) -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415
    from django.urls import include, path  # noqa: PLC0415

    server = Server(("127.0.0.1", 0), Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    configure(folder, address)
    answer_for_the_lms()
    call_command("migrate", run_syncdb=True, verbosity=0)
    logging.disable()
    sys.modules[__name__].urlpatterns = [
        path("api/", include("lti_consumer.plugin.urls")),
        path("setup", setup),
        path("start", start),
        path("state", state),
    ]
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
