"""Messages that must not be believed. Each is right in everything but one thing, and says so on its page."""

import asyncio
import base64
import time
from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, RSAKey

from app.accounts.models import Person, SignInSession
from app.courses.models import Course as OurCourse
from app.lti import claims as names
from app.lti import models
from app.lti.keysets import BETWEEN, KEPT, Keysets, rsa_keys
from app.lti.launch import find_launch
from app.lti.refusals import RefusedError
from app.lti.validation import verified_claims
from tests.lti.conftest import TOOL, reason_of
from tests.lti.platform import LEARNER, MENTOR, TEACHER, Answer, Course, Member, ResourceLink, new_key, public

pytestmark = pytest.mark.anyio

LINK = ResourceLink()
Bend = Callable[[dict], object]


@pytest.fixture(params=["sqlite"])
def backend(request):
    """A refusal stores nothing, on whatever database."""
    return request.param


def set_(name: str, value: object) -> Bend:
    return lambda claims: claims.update({name: value})


def drop(name: str) -> Bend:
    return lambda claims: claims.pop(name)


def shift(**seconds: int) -> Bend:
    return lambda claims: claims.update({name: claims[name] + more for name, more in seconds.items()})


CLAIMS: dict[str, tuple[Bend, str]] = {
    "another issuer": (set_("iss", "https://elsewhere.test"), "issuer"),
    "no issuer": (drop("iss"), "issuer"),
    "another audience": (set_("aud", "another"), "audience"),
    "a list without us": (set_("aud", ["another"]), "audience"),
    "an empty list": (set_("aud", []), "audience"),
    "no audience": (drop("aud"), "audience"),
    "an audience that only begins like us": (set_("aud", "haitang-client-2"), "audience"),
    "several audiences without azp": (set_("aud", ["haitang-client", "another"]), "audience"),
    "another azp": (set_("azp", "another"), "audience"),
    "a list, and another azp": (lambda c: c.update(aud=["haitang-client"], azp="another"), "audience"),
    "no nonce": (drop("nonce"), "nonce"),
    "an empty nonce": (set_("nonce", ""), "nonce"),
    "a nonce that was made up": (set_("nonce", "made up"), "nonce"),
    "a nonce that is no text": (set_("nonce", 7), "nonce"),
    "expired": (shift(iat=-3600, exp=-3600), "expired"),
    "expired a minute and a second ago": (shift(iat=-121, exp=-121), "expired"),
    "no exp": (drop("exp"), "claims"),
    "exp as text": (lambda c: c.update(exp=str(c["exp"])), "claims"),
    "exp as true": (set_("exp", True), "claims"),  # noqa: FBT003 - a JSON value
    "exp in the year 30000": (set_("exp", 884_541_000_000), "clock"),
    "exp before iat": (shift(exp=-62), "clock"),
    "no iat": (drop("iat"), "claims"),
    "iat in the far future": (shift(iat=7200, exp=7200), "clock"),
    "iat more than a minute in the future": (shift(iat=90, exp=90), "clock"),
    "iat five years ago, and still valid": (shift(iat=-157_680_000), "clock"),
    "no version": (drop(names.VERSION), "version"),
    "another version": (set_(names.VERSION, "1.1.0"), "version"),
    "no message type": (drop(names.MESSAGE_TYPE), "message-type"),
    "another message type": (set_(names.MESSAGE_TYPE, "LtiSubmissionReviewRequest"), "message-type"),
    "a message type of LTI 1.1": (set_(names.MESSAGE_TYPE, "basic-lti-launch-request"), "message-type"),
    "no deployment": (drop(names.DEPLOYMENT_ID), "claims"),
    "another deployment": (set_(names.DEPLOYMENT_ID, "another"), "unknown-deployment"),
    "a deployment of 256 characters": (set_(names.DEPLOYMENT_ID, "x" * 256), "claims"),
    "no target": (drop(names.TARGET_LINK_URI), "foreign-target"),
    "a foreign target": (set_(names.TARGET_LINK_URI, "https://evil.test/"), "foreign-target"),
    "another target of ours": (set_(names.TARGET_LINK_URI, f"{TOOL}/lti/other"), "foreign-target"),
    "no subject": (drop("sub"), "claims"),
    "a subject that is no text": (set_("sub", 7), "claims"),
    "a subject of 256 characters": (set_("sub", "x" * 256), "claims"),
    "a subject with a line break": (set_("sub", "7\n8"), "claims"),
    "no resource link": (drop(names.RESOURCE_LINK), "claims"),
    "a resource link without id": (set_(names.RESOURCE_LINK, {"title": "x"}), "claims"),
    "no roles": (drop(names.ROLES), "claims"),
    "roles that are no list": (set_(names.ROLES, names.LEARNER), "claims"),
    "roles that are no texts": (set_(names.ROLES, [7]), "claims"),
    "no role in the context": (
        set_(names.ROLES, ["http://purl.imsglobal.org/vocab/lis/v2/system/person#User"]),
        "no-role",
    ),
    "a context without id": (set_(names.CONTEXT, {"title": "x"}), "claims"),
    "deep linking without settings": (set_(names.MESSAGE_TYPE, "LtiDeepLinkingRequest"), "claims"),
}


@pytest.mark.parametrize(("bend", "reason"), CLAIMS.values(), ids=CLAIMS.keys())
async def test_claims(browser, nothing_happened, bend, reason):
    response = await browser().launch(LEARNER, LINK, bend)
    assert response.status_code == 403
    assert reason_of(response) == reason
    assert nothing_happened()


async def test_what_is_refused_uses_nothing_up(browser, platform):
    """The login can still be finished by the message that belongs to it."""
    visitor = browser()
    kept = []
    platform.bend = lambda claims: kept.append(dict(claims)) or claims.update(aud="another")
    fields = await visitor.message(LEARNER, LINK)
    assert reason_of(await visitor.send(fields)) == "audience"
    assert (await visitor.send(fields | {"id_token": platform.sign(kept[0])})).status_code == 303


async def test_the_nonce_of_another_login(browser):
    """A token that was stolen on its way is of no use in a login of the thief's own."""
    stolen = (await browser().message(LEARNER, LINK))["id_token"]
    thief = browser()
    fields = await thief.message(TEACHER, LINK)
    assert reason_of(await thief.send(fields | {"id_token": stolen})) == "nonce"


async def test_a_mentor_is_told_that_there_is_nothing_to_do(browser, nothing_happened):
    response = await browser().launch(MENTOR, LINK)
    assert reason_of(response) == "no-role"
    assert nothing_happened()


async def test_deep_linking_is_not_for_students(browser, nothing_happened):
    assert reason_of(await browser().launch(LEARNER, Course())) == "not-for-students"
    assert nothing_happened()


async def test_deep_linking_needs_a_course(browser, nothing_happened):
    response = await browser().launch(TEACHER, Course(), lambda claims: claims.pop(names.CONTEXT))
    assert reason_of(response) == "no-course"
    assert nothing_happened()


async def test_a_closed_account(browser, app, change):
    visitor = browser()
    await visitor.launch(LEARNER, LINK)
    await change(Person, disabled_at=app.state.service.clock())
    assert reason_of(await browser().launch(LEARNER, LINK)) == "closed-account"


async def test_an_archived_course_takes_in_nobody(browser, app, change):
    await browser().launch(LEARNER, LINK)
    await change(OurCourse, archived_at=app.state.service.clock())
    assert reason_of(await browser().launch(TEACHER, LINK)) == "archived-course"
    assert (await browser().launch(LEARNER, LINK)).status_code == 303


async def test_a_launch_belongs_to_its_session(browser, app):
    """Its id, as it stands in an address, is worth nothing to anybody else."""
    teacher, other = browser(), browser()
    address = (await teacher.launch(TEACHER, Course())).headers["location"]
    await other.launch(Member("4", "Another teacher", (names.INSTRUCTOR,)), Course())
    launch_id = address.rpartition("/")[2]
    with app.state.service.database.reading() as session:
        now = app.state.service.clock()
        mine = session.get_one(models.Launch, launch_id)
        assert find_launch(session, launch_id, mine.session_hash, now) is mine
        (others,) = (row.id_hash for row in session.query(SignInSession) if row.id_hash != mine.session_hash)
        assert find_launch(session, launch_id, others, now) is None
        assert find_launch(session, launch_id, None, now) is None
        assert find_launch(session, launch_id, mine.session_hash, now + timedelta(days=2)) is None
    assert (await teacher.client.get(address)).status_code == 200
    assert (await other.client.get(address)).status_code == 404


class TestSignature:
    """Who signed it, by which algorithm, with which key."""

    @pytest.fixture
    async def sent(self, browser, platform):
        """Sends a token made from the claims of a right one."""
        visitor = browser()

        async def send(make: Callable[[dict], str]) -> str:
            kept = []
            platform.bend = kept.append
            fields = await visitor.message(LEARNER, LINK)
            return reason_of(await visitor.send(fields | {"id_token": make(kept[0])}))

        return send

    async def test_alg_none(self, sent):
        def part(value: dict) -> str:
            return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

        for alg in ("none", "None", ""):
            header = part({"alg": alg, "typ": "JWT", "kid": "x"})
            assert await sent(lambda claims, header=header: f"{header}.{part(claims)}.") == "algorithm"

    @pytest.mark.parametrize("key", ["pem", "jwk"])
    async def test_hs256_with_a_public_key_as_secret(self, sent, platform, key):
        known = platform.key.as_pem(private=False) if key == "pem" else orjson.dumps(public(platform.key))
        secret = OctKey.import_key(known) if key == "jwk" else OctKey.import_key(base64.b64encode(known))

        def make(claims: dict) -> str:
            header = {"alg": "HS256", "kid": platform.key.kid}
            return jws.serialize_compact(header, orjson.dumps(claims), secret, algorithms=["HS256"])

        assert await sent(make) == "algorithm"

    @pytest.mark.parametrize("alg", ["RS384", "RS512", "PS256"])
    async def test_other_algorithms_of_the_same_key(self, sent, platform, alg):
        def make(claims: dict) -> str:
            header = {"alg": alg, "kid": platform.key.kid}
            return jws.serialize_compact(header, orjson.dumps(claims), platform.key, algorithms=[alg])

        assert await sent(make) == "algorithm"

    @pytest.mark.parametrize("alg", ["RS384", "PS256"])
    def test_the_algorithm_is_pinned_where_the_signature_is_verified_too(self, platform, alg):
        header = {"alg": alg, "kid": platform.key.kid}
        token = jws.serialize_compact(header, b"{}", platform.key, algorithms=[alg])
        with pytest.raises(RefusedError, match="signature"):
            verified_claims(token, platform.key)

    async def test_an_oct_key_in_the_key_set(self, sent, platform):
        """A key set may hold anything; only RSA keys for signatures are taken."""
        secret = OctKey.generate_key(256)
        platform.published.append({**secret.as_dict(), "kid": "oct", "alg": "RS256"})
        assert await sent(lambda claims: platform.sign(claims, kid="oct")) == "unknown-key"

    async def test_a_known_kid_with_another_key(self, sent, platform):
        assert await sent(lambda claims: platform.sign(claims, key=new_key())) == "signature"

    async def test_no_kid(self, sent, platform):
        assert await sent(lambda claims: platform.sign(claims, kid=None)) == "unknown-key"

    async def test_a_key_that_the_token_brings_along(self, sent, platform):
        own = new_key("own")
        assert await sent(lambda claims: platform.sign(claims, key=own, kid="own", jwk=public(own))) == "unknown-key"
        assert await sent(lambda claims: platform.sign(claims, key=own, jwk=public(own))) == "signature"

    @pytest.mark.parametrize("critical", [1, None, [1], [[]], ["exp"], {"exp": 1}])
    async def test_critical_members_of_the_header(self, sent, platform, critical):
        """Who has no key of the platform can write any header; RFC 7515, 4.1.11."""

        def make(claims: dict) -> str:
            _, payload, signature = platform.sign(claims).split(".")
            header = {"alg": "RS256", "kid": platform.key.kid, "crit": critical}
            return f"{base64.urlsafe_b64encode(orjson.dumps(header)).decode().rstrip('=')}.{payload}.{signature}"

        assert await sent(make) == "signature"

    async def test_claims_that_were_changed_after_signing(self, sent, platform):
        def make(claims: dict) -> str:
            header, _, signature = platform.sign(claims).split(".")
            payload = base64.urlsafe_b64encode(orjson.dumps(claims | {"sub": "2"})).decode().rstrip("=")
            return f"{header}.{payload}.{signature}"

        assert await sent(make) == "signature"

    @pytest.mark.parametrize(
        "token", ["x", "a.b", "a.b.c.d.e", "..", "é.ü.ö", "e30.e30.", "bnVsbA.bnVsbA.x", "x" * 90_000]
    )
    async def test_what_is_no_token(self, sent, token):
        assert await sent(lambda _claims: token) in {"malformed-token", "algorithm"}

    @pytest.mark.parametrize("payload", [b"[]", b"null", b"{", b'{"a": NaN}', b'{"iss": "x", "iss": "y"}', b"\xff"])
    async def test_a_payload_that_is_no_object(self, sent, platform, payload):
        def make(_claims: dict) -> str:
            return jws.serialize_compact({"alg": "RS256", "kid": platform.key.kid}, payload, platform.key)

        assert await sent(make) == "malformed-token"


class TestKeySet:
    async def test_a_new_key_is_understood_at_once(self, browser, app, platform):
        await browser().launch(LEARNER, LINK)
        app.state.keysets._clock = lambda: time.monotonic() + BETWEEN + 1
        platform.key = new_key()
        platform.published = [public(platform.key)]
        assert (await browser().launch(LEARNER, LINK)).status_code == 303
        assert platform.count("/jwks") == 2

    async def test_unknown_keys_make_the_service_ask_once_in_a_while(self, browser, app, platform):
        visitor = browser()
        now = time.monotonic()
        app.state.keysets._clock = lambda: now
        await visitor.launch(LEARNER, LINK)
        known = platform.key
        platform.key = new_key()
        for waited, asked in ((1, 1), (BETWEEN + 1, 2), (BETWEEN + 2, 2), (2 * BETWEEN + 2, 3)):
            app.state.keysets._clock = lambda waited=waited: now + waited
            assert reason_of(await visitor.launch(LEARNER, LINK)) == "unknown-key"
            assert platform.count("/jwks") == asked
        platform.key = known
        assert (await visitor.launch(LEARNER, LINK)).status_code == 303

    async def test_a_key_that_was_withdrawn_is_believed_for_an_hour_at_most(self, browser, app, platform):
        await browser().launch(LEARNER, LINK)
        platform.published = [public(new_key())]
        app.state.keysets._clock = lambda: time.monotonic() + KEPT + 1
        assert reason_of(await browser().launch(LEARNER, LINK)) == "unknown-key"

    @pytest.mark.parametrize(
        "answer",
        [
            Answer("<h1>Error</h1>", 500, content_type="text/html"),
            Answer("<h1>Sign in</h1>", content_type="text/html"),
            Answer(status=302, headers={"Location": "/elsewhere"}),
            Answer([]),
            Answer({"keys": {}}),
            Answer(b"x" * 300_000),
        ],
        ids=["500", "a web page", "a redirect", "no object", "no list", "too long"],
    )
    async def test_what_is_no_key_set(self, browser, platform, answer):
        platform.on("GET", "/jwks", lambda _request, _match: answer)
        response = await browser().launch(LEARNER, LINK)
        assert (response.status_code, reason_of(response)) == (502, "keyset")

    async def test_while_the_platform_is_down_known_keys_go_on(self, browser, app, platform):
        await browser().launch(LEARNER, LINK)
        platform.on("GET", "/jwks", lambda _request, _match: None)
        for later in (1, 2, BETWEEN + 2):
            app.state.keysets._clock = lambda later=later: time.monotonic() + KEPT + later
            assert (await browser().launch(LEARNER, LINK)).status_code == 303
        assert platform.count("/jwks") == 3  # at first, and twice half a minute apart since they are an hour old

    async def test_keys_that_are_broken_are_passed_over(self, browser, platform):
        good = public(platform.key)
        platform.published = [{"kty": "RSA", "kid": "x"}, {**good, "n": "!"}, {**good, "kid": 7}, None, "x", good]
        assert (await browser().launch(LEARNER, LINK)).status_code == 303

    def test_keys_for_something_else_or_weak_ones_are_no_keys(self, platform):
        good = public(platform.key)
        with pytest.warns(SecurityWarning):
            weak = public(RSAKey.generate_key(1024, auto_kid=True))
        changes = ({"use": "enc"}, {"alg": "RS512"}, {"alg": "RSA-OAEP"}, {"kty": "EC"})
        others = [weak, *(good | changed for changed in changes)]
        with pytest.warns(SecurityWarning):
            assert rsa_keys({"keys": others}) == {}
        assert list(rsa_keys({"keys": [good]})) == [good["kid"]]

    async def test_of_many_who_ask_at_once_one_fetches(self, app, platform):
        keysets = Keysets(app.state.service.outgoing)
        url = f"{platform.address}/jwks"
        await asyncio.gather(*(keysets.key(url, platform.key.kid) for _ in range(20)))
        assert platform.count("/jwks") == 1

    async def test_an_address_that_may_not_be_called(self, app):
        for url in (
            "https://10.0.0.1/jwks",
            "https://169.254.169.254/",
            "file:///etc/passwd",
            "https://[::ffff:10.0.0.1]/",
        ):
            with pytest.raises(RefusedError) as refused:
                await app.state.keysets.key(url, "x")
            assert refused.value.reason == "keyset"
