"""What comes is printed by itself, in order: one that the printer does not take keeps the others for a while only."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from distwire.api.inbox import Letter
from distwire.ipp import Group, Message, Operation, Status
from pc_client.receiver import handling
from pc_client.receiver.handling import AutoPrinter
from pc_client.receiver.inbox import Inbox
from pc_client.receiver.printing import NotPrinted, Printout, print_on
from tests.support.fake_printer import FakePrinter

REFUSED = "too many pages"


class PickyPrinter(FakePrinter):
    """Does not take jobs of one name, as long as it is picky."""

    picky = True

    def carry_out(self, message: Message) -> tuple[int, list[Group]]:
        made = message.code == Operation.PRINT_JOB
        if made and self.picky and REFUSED in (message.operation.string("job-name") or ""):
            return Status.DOCUMENT_FORMAT_ERROR, []
        return super().carry_out(message)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with closing(Inbox(tmp_path)) as one:
        yield one


def receive(inbox: Inbox, number: int, title: str) -> bytes:
    document = f"%PDF-1.7 {number}".encode()
    letter = {
        "id": f"job-{number}.1",
        "title": title,
        "sender": "head office",
        "pages": 1,
        "copies": 1,
        "format": "application/pdf",
        "size": len(document),
        "sha256": hashlib.sha256(document).hexdigest(),
        "sent": f"2026-04-01T09:30:0{number}+00:00",
    }
    name = inbox.begin(Letter.model_validate(letter)).id
    inbox.part_path(name).write_bytes(document)
    inbox.hold(name)
    inbox.own(name, float(number))
    return document


async def test_job_that_the_printer_has_given_up_is_not_printed(tmp_path: Path) -> None:
    """Neither as it says so at once, nor where its answer was lost: the document has not come out."""
    printout = Printout(tmp_path / "document.pdf", "Prices", "job-1.1")
    printout.path.write_bytes(b"%PDF-1.7")
    printer = FakePrinter()
    await printer.start()
    try:
        printer.abort_with = "document-format-error"
        for lost, doubtful in ((set[int](), False), ({Operation.PRINT_JOB}, True)):
            printer.lose_answer = lost
            with pytest.raises(NotPrinted) as told:
                await asyncio.to_thread(print_on, printer.uri, printout)
            assert told.value.doubtful is doubtful
        printer.abort_with, printer.lose_answer = None, set()
        await asyncio.to_thread(print_on, printer.uri, printout)
        assert printer.printed == [printout.path.read_bytes()]
        await asyncio.to_thread(print_on, printer.uri, printout)
        assert len(printer.printed) == 1
    finally:
        await printer.stop()


async def wait_for(printer: FakePrinter, printed: list[bytes]) -> None:
    async with asyncio.timeout(60):
        while printer.printed != printed:
            await asyncio.sleep(0.05)


async def test_document_that_is_refused_keeps_the_others_for_a_while(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "_LOOK_SECONDS", 0.05)
    refused, first, second = (receive(inbox, n, title) for n, title in enumerate((REFUSED, "one", "two"), 1))
    printer = PickyPrinter()
    await printer.start()
    auto = AutoPrinter(inbox, printer.uri, lambda _words: None)
    thread = threading.Thread(target=auto.run)
    thread.start()
    try:
        await wait_for(printer, [first, second])
        printer.picky = False
        await wait_for(printer, [first, second, refused])
    finally:
        auto.end()
        await asyncio.to_thread(thread.join)
        await printer.stop()


async def test_printer_that_is_busy_gets_them_in_order(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "_LOOK_SECONDS", 0.05)
    documents = [receive(inbox, number, f"number {number}") for number in (1, 2, 3)]
    printer = FakePrinter()
    printer.busy = True
    await printer.start()
    auto = AutoPrinter(inbox, printer.uri, lambda _words: None)
    thread = threading.Thread(target=auto.run)
    thread.start()
    try:
        async with asyncio.timeout(60):
            while printer.codes().count(Operation.PRINT_JOB) < 6:
                await asyncio.sleep(0.05)
        printer.busy = False
        await wait_for(printer, documents)
    finally:
        auto.end()
        await asyncio.to_thread(thread.join)
        await printer.stop()
