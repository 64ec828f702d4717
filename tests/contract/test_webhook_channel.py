"""What `webhook:` sends, and what it makes of every answer and of a service that dies at each step (D15, N4, N7)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms

from distserver.deliver.channels.webhook import WebhookChannel
from distserver.deliver.channels.webhook_signature import COVERED, LABEL, TAG, show_text
from distserver.deliver.channels.webhook_words import judge, read_retry_after
from distserver.deliver.contract import Completed, Deferred, Failed, Outcome, Unknown
from distserver.errors import DeliveryError, DocumentRefused
from distserver.model.address import AddressError, parse_address
from distserver.model.documents import INPUT_FORMATS, PDF
from distserver.model.states import OutcomeKind, Reason
from tests.support.certificate import write_certificate
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.growing import GrowingFile
from tests.support.rig_webhook import KEY, Death, Post, WebService, name_webhook, run_service


@pytest.fixture
async def service() -> AsyncIterator[WebService]:
    async with run_service() as made:
        yield made


@pytest.fixture
async def channel() -> AsyncIterator[WebhookChannel]:
    made = WebhookChannel()
    yield made
    await made.close()


@dataclass
class Received:
    """A request as a receiver's library sees it."""

    method: str
    url: str
    headers: dict[str, str]


class TheKey(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id: str) -> bytes:
        assert key_id == "hook"
        return KEY.encode()

    def resolve_private_key(self, key_id: str) -> bytes:
        raise AssertionError(key_id)


def verify(service: WebService, post: Post, **changed: str) -> None:
    """Check the signature as a receiver does. Raises `InvalidSignature`."""
    received = Received("POST", service.url, {**post.headers, **changed})
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=TheKey())
    results = verifier.verify(received, expect_tag=TAG, require_components=COVERED, body=post.body)
    assert [result.label for result in results] == [LABEL]


async def test_the_request_can_be_held_to_its_digest_and_signature(
    service: WebService, channel: WebhookChannel, tmp_path: Path
) -> None:
    request = make_request(name_webhook(service.url), tmp_path, make_pdf(900_000))
    outcome = await channel.deliver(request, Listener().watch)
    assert outcome == Completed(message="HTTP 200 OK: filed as 4711", reason=Reason.TAKEN_OVER)
    (post,) = service.posts
    assert post.line == "POST /in?box=Osaka HTTP/1.1"
    assert post.body == request.rendition.path.read_bytes()
    digest = base64.b64encode(hashlib.sha256(post.body).digest()).decode()
    assert post.headers["content-digest"] == f"sha-256=:{digest}:"
    assert post.headers["idempotency-key"] == f'"{request.name}"'
    assert post.headers["content-type"] == PDF
    assert post.headers["distserver-title"] == '%"%e5%b9%b4%e6%ac%a1%e5%a0%b1%e5%91%8a Quarterly report"'
    verify(service, post)
    with pytest.raises(InvalidSignature):
        verify(service, post, **{"idempotency-key": '"another"'})
    assert KEY not in repr(post)


async def test_a_growing_document_is_waited_for(service: WebService, channel: WebhookChannel, tmp_path: Path) -> None:
    """The digest of the whole goes ahead of it."""
    growing = Growing(tmp_path / "growing")
    request = make_request(name_webhook(service.url), tmp_path)
    request = replace(request, rendition=replace(request.rendition, path=growing.path, size=None, growth=growing))
    delivery = asyncio.create_task(channel.deliver(request, Listener().watch))
    growing.write(document := make_pdf(100_000))
    await growing.wait_until_asked(len(document))
    growing.finish()
    assert isinstance(await delivery, Completed)
    assert list(service.taken.values()) == [document]


async def test_a_certificate_is_pinned_at_first_sight_and_another_refused(
    channel: WebhookChannel, tmp_path: Path
) -> None:
    """Before anything is sent."""
    async with run_service(write_certificate(tmp_path / "one.pem")) as service:
        target = replace(name_webhook(service.url), tls="pin")
        listener = Listener()
        assert isinstance(await channel.deliver(make_request(target, tmp_path), listener.watch), Completed)
        pinned = next(one.pinned for one in listener.heard if one.pinned)
        known = replace(target, pinned=pinned)
        assert isinstance(await channel.deliver(make_request(known, tmp_path), Listener().watch), Completed)
        other = replace(target, pinned="0" * 64)
        outcome = await channel.deliver(make_request(other, tmp_path), Listener().watch)
        assert kind_of(outcome) == ("Failed", Reason.CERTIFICATE)
        with pytest.raises(DeliveryError) as caught:
            await channel.describe(other)
        assert caught.value.reason == Reason.CERTIFICATE
        assert len(service.posts) == 2


async def test_a_certificate_that_nobody_vouches_for_is_refused(channel: WebhookChannel, tmp_path: Path) -> None:
    async with run_service(write_certificate(tmp_path / "one.pem")) as service:
        target = name_webhook(service.url)
        outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
        assert kind_of(outcome) == ("Failed", Reason.CERTIFICATE)
        assert isinstance(await channel.adopt(make_request(target, tmp_path), Listener().watch), Unknown)
        anybody = replace(target, tls="none")
        assert isinstance(await channel.deliver(make_request(anybody, tmp_path), Listener().watch), Completed)


class Growing(GrowingFile):
    """As the renderer's growth, which also tells why it failed."""

    failure: Exception | None = None


async def test_a_document_that_cannot_be_made_is_no_fault_of_the_service(
    service: WebService, channel: WebhookChannel, tmp_path: Path
) -> None:
    growing = Growing(tmp_path / "growing")
    growing.failure = DocumentRefused("page 3 cannot be read", Reason.DOCUMENT_ERROR)
    growing.fail()
    request = make_request(name_webhook(service.url), tmp_path)
    request = replace(request, rendition=replace(request.rendition, path=growing.path, size=None, growth=growing))
    outcome = await channel.deliver(request, Listener().watch)
    assert outcome == Failed(Reason.DOCUMENT_ERROR, "page 3 cannot be read")
    assert service.posts == []


def kind_of(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "reason", ""))


@pytest.mark.parametrize(
    ("death", "outcome"),
    [
        (Death.BEFORE_HEADERS, ("Deferred", Reason.UNREACHABLE)),
        (Death.AFTER_HEADERS, ("Deferred", Reason.UNREACHABLE)),
        (Death.IN_THE_BODY, ("Deferred", Reason.UNREACHABLE)),
        (Death.BEFORE_ANSWER, ("Deferred", Reason.UNCERTAIN)),
        (Death.IN_THE_ANSWER, ("Deferred", Reason.UNCERTAIN)),
        (Death.AFTER_ANSWER, ("Completed", Reason.TAKEN_OVER)),
    ],
)
async def test_a_service_that_dies_loses_nothing_and_gets_nothing_twice(
    service: WebService, channel: WebhookChannel, tmp_path: Path, death: Death, outcome: tuple[str, str]
) -> None:
    """N4: only when it can have had the whole document is there a doubt; then the repetition bears the same id."""
    service.dies = death
    request = make_request(name_webhook(service.url), tmp_path, make_pdf(20_000_000))
    first = await channel.deliver(request, Listener().watch)
    assert kind_of(first) == outcome, first
    service.dies = None
    if isinstance(first, Completed):
        return
    if str(first.reason) == Reason.UNCERTAIN:  # type: ignore[union-attr]
        assert isinstance(await channel.adopt(request, Listener().watch), Unknown)
    else:
        assert service.taken == {}
    assert isinstance(await channel.deliver(request, Listener().watch), Completed)
    assert list(service.taken.values()) == [request.rendition.path.read_bytes()]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, ("Completed", Reason.TAKEN_OVER)),
        (301, ("Failed", Reason.REFUSED)),
        (307, ("Failed", Reason.REFUSED)),
        (400, ("Failed", Reason.REFUSED)),
        (401, ("Failed", Reason.UNAUTHORIZED)),
        (404, ("Failed", Reason.REFUSED)),
        (408, ("Deferred", Reason.PROTOCOL_ERROR)),
        (413, ("Failed", Reason.TOO_LARGE)),
        (415, ("Failed", Reason.FORMAT_NOT_SUPPORTED)),
        (429, ("Deferred", Reason.BUSY)),
        (500, ("Deferred", Reason.UNCERTAIN)),
        (501, ("Failed", Reason.REFUSED)),
        (503, ("Deferred", Reason.BUSY)),
    ],
)
async def test_what_becomes_of_an_answer(
    service: WebService, channel: WebhookChannel, tmp_path: Path, status: int, outcome: tuple[str, str]
) -> None:
    service.status, service.words = status, "" if status == 204 else "because\n of  it"
    service.headers = ("Location: /elsewhere", "Retry-After: 42", "Set-Cookie: a=b")
    found = await channel.deliver(make_request(name_webhook(service.url), tmp_path), Listener().watch)
    assert kind_of(found) == outcome
    assert f"HTTP {status}" in found.message
    if status != 204:
        assert "because of it" in found.message
    assert len(service.posts) == 1, "redirects are not followed"
    if str(outcome[1]) == Reason.BUSY:
        assert isinstance(found, Deferred)
        assert found.not_before == 42.0


async def test_cookies_are_not_kept(service: WebService, channel: WebhookChannel, tmp_path: Path) -> None:
    service.headers = ("Set-Cookie: a=b",)
    for _ in range(2):
        await channel.deliver(make_request(name_webhook(service.url), tmp_path), Listener().watch)
    assert "cookie" not in service.posts[1].headers


@pytest.mark.parametrize("missing", ["name", "key"])
async def test_only_what_the_registry_names_and_gives_a_key_is_spoken_to(
    service: WebService, channel: WebhookChannel, tmp_path: Path, missing: str
) -> None:
    """N7, section 8 of the architecture: what a user types is not fetched."""
    target = name_webhook(service.url)
    target = replace(target, named=False) if missing == "name" else replace(target, secret=None)
    outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
    assert isinstance(outcome, Failed)
    assert outcome.reason == Reason.REFUSED
    assert "registry" in outcome.message
    with pytest.raises(DeliveryError, match="registry"):
        await channel.describe(target)
    assert service.posts == []


async def test_a_document_that_is_stopped_does_not_arrive_whole(
    service: WebService, channel: WebhookChannel, tmp_path: Path
) -> None:
    """N4: the worker loses its lease in the middle."""
    answers = [True, True, False]
    watch = replace(Listener().watch, may_send=lambda: answers.pop(0) if answers else False)
    request = make_request(name_webhook(service.url), tmp_path, make_pdf(5_000_000))
    outcome = await channel.deliver(request, watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.INTERRUPTED)
    assert service.taken == {}


@pytest.mark.parametrize(("said", "formats"), [({}, INPUT_FORMATS), ({"form": "pdf"}, (PDF,))])
async def test_in_which_form_it_goes(
    service: WebService, channel: WebhookChannel, said: dict[str, str], formats: tuple[str, ...]
) -> None:
    assert (await channel.describe(name_webhook(service.url, **said))).formats == formats


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("Tue, 03 Mar 2026 12:00:30 GMT", 30.0),
        ("Tue, 03 Mar 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("999999999", 3600.0),
        ("Tue, 03 Mar 2099 12:00:30 GMT", 3600.0),
        ("Tue, 03 Mar 2026 12:00:30 +99999999999999999999", None),
        ("Tue, 99999999999999999999 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert read_retry_after(text, datetime(2026, 3, 3, 12, tzinfo=UTC)) == seconds


def test_an_early_failure_leaves_no_doubt() -> None:
    """Before the document was whole there, nothing can have come of it."""
    found = judge(500, {}, "", whole=False)
    assert isinstance(found, Deferred)
    assert found.reason == Reason.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("webhook:HTTPS://Hooks.Example.org:443/In?a=B", "webhook:https://hooks.example.org/In?a=B"),
        ("webhook:http://[2001:db8::1]:8080", "webhook:http://[2001:db8::1]:8080/"),
    ],
)
def test_addresses(written: str, uri: str) -> None:
    assert parse_address(written).uri == uri


@pytest.mark.parametrize(
    "text",
    ["x", "ftp://h/", "https://u:p@h/", "https:///x", "https://h:0/", "https://h/#a"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(f"webhook:{text}")


def test_text_of_people_in_a_header() -> None:
    assert show_text('a "b" 50% é\n') == '%"a %22b%22 50%25 %c3%a9%0a"'
