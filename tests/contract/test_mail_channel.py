"""The mail channel against a real SMTP server: what it sends, how few connections it takes, and what answers become
(SPEC D15, N4)."""

from __future__ import annotations

import asyncio
import base64
import gc
import re
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from distserver.deliver.channels import mail_rules
from distserver.deliver.channels.mail import MailChannel
from distserver.deliver.channels.mail_message import Letter
from distserver.deliver.contract import Accepted, Canceled, Deferred, Failed, Target, Unknown
from distserver.errors import DeliveryError
from distserver.model.documents import PDF, TIFF_F, Document, PrintOptions, Quality
from distserver.model.states import OutcomeKind, Reason
from distserver.plan.classify import choose_class
from tests.support.certificate import write_certificate
from tests.support.deliveries import Listener, make_pdf, make_request
from tests.support.ippeveprinter import find_port
from tests.support.post_office import PostOffice, run_post_office
from tests.support.rig_mail import MAILBOX, mail_target


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with run_post_office() as office:
        yield office


@pytest.fixture
async def channel() -> AsyncIterator[MailChannel]:
    channel = MailChannel()
    yield channel
    await channel.close()


async def test_message_says_what_it_is_and_holds_the_document(
    office: PostOffice, channel: MailChannel, tmp_path: Path
) -> None:
    request = make_request(
        mail_target(office.port), tmp_path, make_pdf(500_000), title="四半期報告\r\nBcc: all@example.org"
    )
    listener = Listener()
    outcome = await channel.deliver(request, listener.watch)
    assert isinstance(outcome, Accepted)
    assert not outcome.follow
    assert "250" in outcome.message
    (mail,) = office.mails
    assert office.envelopes == [("head@example.com", [MAILBOX])]
    assert mail["Subject"] == "四半期報告 Bcc: all@example.org"
    assert mail["Bcc"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == outcome.remote_id == listener.remote_id
    assert re.fullmatch(f"<{request.name}_[0-9a-f]{{20}}@example.com>", mail["Message-ID"])
    (file,) = mail.iter_attachments()
    assert file.get_content_type() == PDF
    assert str(file.get_filename()).startswith("四半期報告")
    assert str(file.get_filename()).endswith(".pdf")
    assert file.get_content() == request.rendition.path.read_bytes()
    body = mail.get_body()
    assert body is not None
    assert "1 page, attached. Sent by head office." in body.get_content()


async def test_what_people_call_things_is_no_field_of_the_message(
    office: PostOffice, channel: MailChannel, tmp_path: Path
) -> None:
    """Encoded words hold line ends, and long names with commas are broken."""
    word = "=?utf-8?q?=0d=0aBcc:_all@example.net?="
    names = f"{'x' * 70}, all@example.net, {word}"
    target = replace(mail_target(office.port), name=names)
    request = replace(make_request(target, tmp_path, title=word), sender=names)
    assert isinstance(await channel.deliver(request, Listener().watch), Accepted)
    (mail,) = office.mails
    assert mail["Bcc"] is None
    assert [one.addr_spec for one in mail["From"].addresses] == ["head@example.com"]
    assert [one.addr_spec for one in mail["To"].addresses] == [MAILBOX]
    assert mail["Subject"] == word.replace("=?", "= ?")


async def test_second_try_has_the_same_message_id(office: PostOffice, channel: MailChannel, tmp_path: Path) -> None:
    """N4: mailboxes that look for it drop the second."""
    request, first = make_request(mail_target(office.port), tmp_path), Listener()
    await channel.deliver(request, first.watch)
    assert isinstance(await channel.adopt(request, Listener().watch), Unknown)
    await channel.deliver(replace(request, attempt=2, remote_id=first.remote_id), Listener().watch)
    assert len({mail["Message-ID"] for mail in office.mails}) == 1


async def test_a_try_that_meets_no_relay_keeps_the_message_id_of_one_that_may_have_arrived(
    channel: MailChannel, tmp_path: Path
) -> None:
    request = make_request(mail_target(find_port()), tmp_path)
    outcome = await channel.deliver(replace(request, attempt=2, remote_id="<x-1_5eed@example.com>"), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.kept == "<x-1_5eed@example.com>"


async def test_nobody_can_tell_the_name_of_a_mail_from_anothers(
    office: PostOffice, channel: MailChannel, tmp_path: Path
) -> None:
    """Reports of it are known by that: neither another delivery's name nor its own before a retry will do."""
    request, first = make_request(mail_target(office.port), tmp_path), Listener()
    await channel.deliver(request, first.watch)
    again = replace(request, name=f"{request.name}.1", remote_id=first.remote_id)
    await channel.deliver(again, Listener().watch)
    signs = [mail["Message-ID"].partition("_")[2] for mail in office.mails]
    assert len(set(signs)) == 2


async def test_internet_fax_gets_tiff(channel: MailChannel) -> None:
    """T.37: a gateway's mailbox `fax=NUMBER` takes TIFF-F and nothing else."""
    said = await channel.describe(mail_target(1, "fax=+81312345678@gateway.example.org"))
    assert said.formats == (TIFF_F,)
    klass = choose_class(said, [Document("a" * 64, 9, PDF, "a.pdf", 1)], PrintOptions(quality=Quality.HIGH))
    assert (klass.dpi, klass.coding, klass.media) == ((204, 196), "mh", "iso_a4_210x297mm")  # profile S
    able = (("form", "tiff"), ("coding", "mmr"), ("resolution", "superfine"), ("width", "B4"))
    said = await channel.describe(mail_target(1, MAILBOX, *able))
    klass = choose_class(said, [Document("a" * 64, 9, PDF, "a.pdf", 1)], PrintOptions(), able)
    assert (klass.dpi, klass.coding, klass.media) == ((204, 391), "mmr", "jis_b4_257x364mm")
    assert PDF in (await channel.describe(mail_target(1))).formats
    assert (await channel.describe(mail_target(1, MAILBOX, ("form", "pdf")))).formats == (PDF,)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "server=smtp://HOST"),
        ((("server", "http://mail.example.org"),), "smtp://HOST"),
        ((("server", "smtp://user:pw@mail.example.org"),), "smtp://HOST"),
        ((("server", "smtp://mail.example.org:99999"),), "smtp://HOST"),
        ((("server", "smtp://mail.example.org"), ("from", "nobody")), "from="),
    ],
)
async def test_options_that_make_no_sense_are_refused_with_what_to_write(
    channel: MailChannel, tmp_path: Path, options: tuple[tuple[str, str], ...], words: str
) -> None:
    target = replace(mail_target(1), options=options)
    with pytest.raises(DeliveryError, match=words) as caught:
        await channel.describe(target)
    assert caught.value.kind is OutcomeKind.REFUSED
    assert isinstance(await channel.deliver(make_request(target, tmp_path), Listener().watch), Failed)


async def test_many_messages_take_few_connections(channel: MailChannel, tmp_path: Path) -> None:
    with run_post_office() as office:
        target = mail_target(office.port, MAILBOX, ("lines", "2"))
        request = make_request(target, tmp_path)
        many = [replace(request, name=f"ds-many-{number}") for number in range(150)]
        outcomes = await asyncio.gather(*(channel.deliver(one, Listener().watch) for one in many))
        assert all(isinstance(one, Accepted) for one in outcomes)
        assert len({mail["Message-ID"] for mail in office.mails}) == 150
        assert len(office.calls) == 2


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        ("550 5.1.1 nobody of that name", None, Reason.REFUSED),
        ("552 5.2.3 too large for this mailbox", None, Reason.TOO_LARGE),
        ("451 4.7.1 greylisted", OutcomeKind.BUSY, Reason.BUSY),
        ("421 4.3.2 closing down", OutcomeKind.BUSY, Reason.BUSY),
    ],
)
async def test_answers_to_a_recipient(
    office: PostOffice, channel: MailChannel, tmp_path: Path, answer: str, kind: OutcomeKind | None, reason: Reason
) -> None:
    office.refusals[MAILBOX] = answer
    outcome = await channel.deliver(make_request(mail_target(office.port), tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred if kind else Failed)
    assert outcome.reason == reason
    assert answer[:3] in outcome.message
    if isinstance(outcome, Deferred):
        assert outcome.kind is kind
    assert office.mails == []
    other = mail_target(office.port, "stores@example.org")
    assert isinstance(await channel.deliver(make_request(other, tmp_path), Listener().watch), Accepted)


async def test_later_tries_wait_longer(office: PostOffice, channel: MailChannel, tmp_path: Path) -> None:
    office.refusals[MAILBOX] = "451 4.7.1 greylisted"
    request = make_request(mail_target(office.port), tmp_path)
    waits = []
    for attempt in (1, 2, 30):
        outcome = await channel.deliver(replace(request, attempt=attempt), Listener().watch)
        assert isinstance(outcome, Deferred)
        waits.append(outcome.not_before)
    assert waits == [60.0, 120.0, 900.0]


async def test_canceled_and_taken_over_before_data_sends_nothing(
    office: PostOffice, channel: MailChannel, tmp_path: Path
) -> None:
    async def begin() -> bool:
        return False

    request = make_request(mail_target(office.port), tmp_path)
    outcome = await channel.deliver(request, replace(Listener().watch, begin=begin))
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.INTERRUPTED)
    listener = Listener()
    listener.canceled.set()
    assert isinstance(await channel.deliver(request, listener.watch), Canceled)
    assert office.mails == []


async def test_nobody_at_the_relay_is_found_out_once(channel: MailChannel, tmp_path: Path) -> None:
    outcome = await channel.deliver(make_request(mail_target(find_port()), tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNREACHABLE, Reason.UNREACHABLE)


_TURN_SECONDS, _LONGEST_MESSAGE = 0.01, 16 << 20
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def run_relay(talk: Talk) -> AsyncIterator[int]:
    """A relay of the test's own; its port. Connections are closed when `talk` returns."""
    calls: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.add(task := asyncio.current_task())  # type: ignore[arg-type]
        with suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        calls.discard(task)  # type: ignore[arg-type]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=_LONGEST_MESSAGE)
    async with server:
        yield server.sockets[0].getsockname()[1]
        server.close()
        await asyncio.sleep(_TURN_SECONDS)  # calls that are just being taken
        if calls:
            await asyncio.wait(calls, timeout=20)
        await asyncio.sleep(_TURN_SECONDS)  # transports close in a later turn of the loop


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dies_at: str) -> None:
    """A relay that ends the connection at one step of the dialogue."""
    if dies_at == "greeting":
        return
    writer.write(b"220 relay\r\n")
    while line := await reader.readline():
        verb = line[:4].upper().decode("latin-1")
        if verb == dies_at:
            return
        if verb == "DATA":
            writer.write(b"354 go on\r\n")
            if dies_at == "content":
                await reader.read(100)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            await reader.readuntil(b"\r\n.\r\n")
            if dies_at == "answer":
                return
        writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 fine\r\n")


@pytest.mark.parametrize("dies_at", ["greeting", "EHLO", "MAIL", "RCPT"])
async def test_relay_that_dies_before_the_message(channel: MailChannel, tmp_path: Path, dies_at: str) -> None:
    """Nothing can have arrived: it is tried again as if nothing had been."""
    async with run_relay(lambda reader, writer: _converse(reader, writer, dies_at)) as port:
        outcome = await channel.deliver(make_request(mail_target(port), tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert outcome.reason != Reason.UNCERTAIN
    assert outcome.kind is OutcomeKind.UNREACHABLE


@pytest.mark.parametrize("dies_at", ["content", "answer"])
async def test_relay_that_dies_with_the_message_leaves_it_open(
    channel: MailChannel, tmp_path: Path, dies_at: str
) -> None:
    """N4: it may have it; the destination's resend policy decides."""
    async with run_relay(lambda reader, writer: _converse(reader, writer, dies_at)) as port:
        request = make_request(mail_target(port), tmp_path, make_pdf(2_000_000))
        outcome = await channel.deliver(request, Listener().watch)
        assert isinstance(outcome, Deferred)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
        assert isinstance(await channel.adopt(request, Listener().watch), Unknown)


async def test_answer_that_is_none_leaves_it_open(channel: MailChannel, tmp_path: Path) -> None:
    """The relay has the whole message by then; its line is not used again."""
    calls: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(len(calls))
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"fine!\r\n" if len(calls) == 1 else b"250 fine\r\n")
            else:
                writer.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 fine\r\n")

    async with run_relay(talk) as port:
        outcome = await channel.deliver(make_request(mail_target(port), tmp_path), Listener().watch)
        assert isinstance(outcome, Deferred)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.OURS, Reason.UNCERTAIN)
        assert isinstance(await channel.deliver(make_request(mail_target(port), tmp_path), Listener().watch), Accepted)
        assert len(calls) == 2
        await channel.close()


async def test_who_waits_for_a_line_holds_no_message(channel: MailChannel, tmp_path: Path) -> None:
    """A message is as large as its document, and thousands may wait."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"MAIL"):
                asked.set()
                await go_on.wait()
            writer.write(b"550 nobody\r\n" if line.upper().startswith(b"RCPT") else b"250 fine\r\n")

    gc.collect()  # those of earlier tests
    async with run_relay(talk) as port:
        request = make_request(mail_target(port, MAILBOX, ("lines", "1")), tmp_path)
        many = [replace(request, name=f"ds-wait-{number}") for number in range(20)]
        sending = asyncio.gather(*(channel.deliver(one, Listener().watch) for one in many))
        await asked.wait()
        await asyncio.gather(*(channel.describe(request.target) for _ in many))  # what could be written is by now
        assert sum(isinstance(one, Letter) for one in gc.get_objects()) == 1
        go_on.set()
        assert all(isinstance(one, Failed) for one in await sending)
        await channel.close()


async def test_name_of_this_machine_is_asked_once_and_off_the_loop(
    channel: MailChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server may take its time."""
    asked: list[int] = []

    def find_name() -> str:
        asked.append(threading.get_ident())
        return "head.example.com"

    monkeypatch.setattr(socket, "getfqdn", find_name)
    mail_rules._name_this_machine.cache_clear()
    target = replace(mail_target(1), options=(("server", "smtp://mail.example.org"),))
    await channel.describe(target)
    await channel.describe(target)
    mail_rules._name_this_machine.cache_clear()
    assert len(asked) == 1
    assert asked[0] != threading.get_ident()


async def test_log_in_is_over_tls_only(channel: MailChannel, tmp_path: Path) -> None:
    """A relay elsewhere that offers no STARTTLS gets neither password nor message."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(tmp_path / "relay.pem"))
    with run_post_office(context, "secret") as office:
        target = Target(
            mail_target(office.port).address,
            "Branch",
            (("server", f"smtp://localhost:{office.port}"), ("from", "head@example.com")),
            user="head",
            secret="secret",
            tls="none",
        )
        assert isinstance(await channel.deliver(make_request(target, tmp_path), Listener().watch), Accepted)
        assert office.encrypted == [True]
        wrong = replace(target, secret="other")
        outcome = await channel.deliver(make_request(wrong, tmp_path), Listener().watch)
        assert isinstance(outcome, Deferred)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, Reason.UNAUTHORIZED)
        assert "other" not in outcome.message
        trusting = replace(target, tls="verify")
        outcome = await channel.deliver(make_request(trusting, tmp_path), Listener().watch)
        assert isinstance(outcome, Deferred)
        assert len(office.mails) == 1


async def test_a_relay_that_repeats_what_it_was_told_does_not_tell_the_board(
    channel: MailChannel, tmp_path: Path
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"EHLO"):
                writer.write(b"250-relay\r\n250 AUTH PLAIN\r\n")
            else:
                said = base64.b64decode(line.split()[-1]).replace(b"\0", b" ")
                writer.write(b"535 5.7.8 no such login: " + said + b"\r\n")

    async with run_relay(talk) as port:
        target = mail_target(port, user="head", secret="hunter2")
        outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
        await channel.close()
    assert isinstance(outcome, Deferred)
    assert outcome.reason is Reason.UNAUTHORIZED
    assert "hunter2" not in outcome.message
    assert "535" in outcome.message


async def test_submission_without_starttls_gets_nothing(
    office: PostOffice, channel: MailChannel, tmp_path: Path
) -> None:
    target = replace(
        mail_target(office.port),
        options=(("server", f"submission://127.0.0.1:{office.port}"), ("from", "a@example.com")),
    )
    outcome = await channel.deliver(make_request(target, tmp_path), Listener().watch)
    assert isinstance(outcome, Deferred)
    assert "STARTTLS" in outcome.message
    assert office.mails == []


async def test_xoauth2_shows_the_token(channel: MailChannel, tmp_path: Path) -> None:
    """The token of `secret` is shown as Microsoft and Google want it."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay\r\n")
        while line := await reader.readline():
            heard.append(line)
            if line.upper().startswith(b"EHLO"):
                writer.write(b"250-relay\r\n250-AUTH XOAUTH2\r\n250 SIZE 1000\r\n")
            else:
                writer.write(b"235 in\r\n" if line.upper().startswith(b"AUTH") else b"250 fine\r\n")

    async with run_relay(talk) as port:
        target = mail_target(port, MAILBOX, ("auth", "xoauth2"), user="head@example.com", secret="token-1")
        listener = Listener()
        sending = asyncio.create_task(channel.deliver(make_request(target, tmp_path), listener.watch))
        async with asyncio.timeout(30):
            while not any(line.startswith(b"AUTH") for line in heard):
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await channel.close()
    shown = next(line for line in heard if line.startswith(b"AUTH")).split()[-1]
    assert base64.b64decode(shown) == b"user=head@example.com\x01auth=Bearer token-1\x01\x01"
