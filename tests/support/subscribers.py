"""Clients that subscribe to events of a server's printers, over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from distwire.ipp import MEDIA_TYPE, Attribute, Group, GroupTag, Message, Operation, attribute, decode_message
from distwire.ipp.encode import encode_message
from distwire.ipp.message import make_message
from distwire.ipp.values import boolean, integer, keyword, keywords, name, uri
from tests.support.ippwire import ask

PATIENCE = 60.0
PULL = attribute("notify-pull-method", keyword("ippget"))
Login = tuple[str, str] | None


def wanting(*events: str, more: Iterable[Attribute] = ()) -> Group:
    """A group of a request that asks for a subscription; without events for those by default."""
    named = (attribute("notify-events", *keywords(events)),) if events else ()
    return Group(GroupTag.SUBSCRIPTION, (PULL, *named, *more))


def ids_of(answer: Message) -> list[int | None]:
    """Of each subscription in an answer."""
    return [group.integer("notify-subscription-id") for group in answer.groups_of(GroupTag.SUBSCRIPTION)]


def subscribe(printer: str, *events: str, job: int | None = None, login: Login = None, user: str = "tester") -> int:
    """The id of a new subscription to a printer, to one of its jobs, or to the system."""
    operation, more = Operation.CREATE_PRINTER_SUBSCRIPTIONS, ()
    if job is not None:
        operation, more = Operation.CREATE_JOB_SUBSCRIPTIONS, (attribute("notify-job-id", integer(job)),)
    elif printer.endswith("/ipp/system"):
        operation = Operation.CREATE_SYSTEM_SUBSCRIPTIONS
    answer = ask(printer, operation, *more, groups=(wanting(*events),), login=login, user=user)
    (made,) = ids_of(answer)
    assert made is not None, answer
    return made


def pull(
    printer: str, id_: int, first: int = 1, *, wait: bool = False, login: Login = None, user: str = "tester"
) -> Message:
    """Get-Notifications."""
    return ask(
        printer,
        Operation.GET_NOTIFICATIONS,
        attribute("notify-subscription-ids", integer(id_)),
        attribute("notify-sequence-numbers", integer(first)),
        attribute("notify-wait", boolean(wait)),
        login=login,
        user=user,
    )


def events_of(answer: Message) -> list[tuple[int | None, str | None]]:
    """Numbers and events."""
    return told_in(answer.groups_of(GroupTag.EVENT_NOTIFICATION))


def told_in(groups: Iterable[Group]) -> list[tuple[int | None, str | None]]:
    """Numbers and events."""
    return [(group.integer("notify-sequence-number"), group.string("notify-event")) for group in groups]


def pull_until(
    printer: str, id_: int, event: str, first: int = 1, *, login: Login = None, user: str = "tester"
) -> Sequence[Group]:
    """Wait for an event; all that were told till then."""
    until = time.monotonic() + PATIENCE
    while True:
        answer = pull(printer, id_, first, wait=True, login=login, user=user)
        if any(told == event for _, told in events_of(answer)):
            return tuple(answer.groups_of(GroupTag.EVENT_NOTIFICATION))
        assert time.monotonic() < until, answer


@dataclass
class Waiter:
    """A client whose answer is being held."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> Message:
        """What comes."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
            return decode_message(await self.reader.readexactly(length))[0]

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def start_waiting(printer: str, id_: int, host: str, user: str = "tester", first: int = 1) -> Waiter:
    """Ask for events with notify-wait, from that address of the loopback."""
    parts = urlsplit(printer)
    operation = (
        attribute("printer-uri", uri(printer)),
        attribute("requesting-user-name", name(user)),
        attribute("notify-subscription-ids", integer(id_)),
        attribute("notify-sequence-numbers", integer(first)),
        attribute("notify-wait", boolean(True)),
    )
    body = encode_message(make_message(Operation.GET_NOTIFICATIONS, 1, operation))
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, local_addr=(host, 0))
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {MEDIA_TYPE}\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    return Waiter(reader, writer)
