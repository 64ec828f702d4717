"""One job to every kind of destination at once: printers, a CUPS queue, a fax, a mailbox, a PC and a web service.

All of them are real: ippeveprinter, cupsd, HylaFAX with a T.30 call, Exim, a receiver on a PC; each receipt has the
evidence of its kind (SPEC D13 to D15, N2, N4).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.cupsd import CupsQueue, run_cups_server
from tests.support.exim import MailServer, lacks_exim, run_exim
from tests.support.fax_pages import make_text
from tests.support.hylafax import HylaFax, run_hylafax
from tests.support.ippeveprinter import EvePrinter, run_eve_printer
from tests.support.mail_house import wait_for_port
from tests.support.numbered_faxes import read_pages
from tests.support.patience import wait_until
from tests.support.pc import Pc, make_pc
from tests.support.reading import accuracy, read_letters
from tests.support.rig_webhook import KEY, WebService, run_service
from tests.support.server import Server, run_server

pytestmark = pytest.mark.real

_DOMAIN, _NUMBER, _PAGES = "print.example.org", "0335550123", 2
_NAMES = ("Printer 1", "Printer 2", "Queue", "Fax", "Mailbox", "PC", "Archive")


@dataclass
class Street:
    """A server and one of each kind behind it."""

    server: Server
    printers: list[EvePrinter]
    queue: CupsQueue
    hylafax: HylaFax
    mail: MailServer
    pc: Pc
    archive: WebService


@dataclass
class Sent:
    """What was sent, and what can be read on its pages, and the job's receipts by destination."""

    document: bytes
    words: tuple[str, ...]
    receipts: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    if lacking := lacks_exim():
        pytest.skip(lacking)
    root = tmp_path_factory.mktemp("street")
    with contextlib.ExitStack() as stack:
        printers = []
        for number in range(2):
            (root / f"printer{number}").mkdir()
            printers.append(stack.enter_context(run_eve_printer(root / f"printer{number}", formats="application/pdf")))
        cups = stack.enter_context(run_cups_server())
        hylafax = stack.enter_context(run_hylafax(lines=1))
        archive = stack.enter_context(_run_archive())
        home = root / "home"
        home.mkdir()
        _write_registry(home, archive)
        mail_in = {"mail_in_listen": "lmtp://127.0.0.1:0", "mail_in_domain": _DOMAIN}
        server = stack.enter_context(run_server(home, **mail_in))
        mail = stack.enter_context(run_exim(_DOMAIN, wait_for_port(home), "osaka"))
        queue = cups.add_queue("Office")
        _write_group(server, printers, f"cups:Office@127.0.0.1:{cups.port}", hylafax, mail, archive)
        pc = make_pc(server, root / "pc", address="pc:osaka")
        stack.callback(pc.kill)
        pc.start("--headless")
        yield Street(server, printers, queue, hylafax, mail, pc, archive)


@pytest.fixture(scope="module")
def sent(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    document = make_text(tmp_path_factory.mktemp("desk") / "notice.pdf", pages=_PAGES)
    answer = street.server.send(str(document.path), "--to", "Osaka", "--title", "Notice to all")
    assert answer["state"] == "completed", answer
    job = str(answer["job"])

    def read() -> dict[str, dict[str, Any]]:
        found = json.loads(street.server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
        return {str(one["destination"]): one for one in found}

    wait_until(lambda: read()["Mailbox"]["reason"] == "mail-delivered", lambda: (read(), street.mail.read_log()))
    return Sent(document.path.read_bytes(), document.words, read())


@contextlib.contextmanager
def _run_archive() -> Iterator[WebService]:
    """The web service, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="archive")
    thread.start()
    running = run_service()
    try:
        yield asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(30)
    finally:
        asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _write_registry(home: Path, archive: WebService) -> None:
    secrets = home / "secrets"
    secrets.write_text(f"hook {KEY}\n")
    secrets.chmod(0o600)
    (home / "destinations.rec").write_text(
        f"webhook:http://127.0.0.1:{archive.port}/*; archive; secret=@hook form=pdf\n"
    )


def _write_group(
    server: Server, printers: list[EvePrinter], queue: str, hylafax: HylaFax, mail: MailServer, archive: WebService
) -> None:
    addresses = (
        *(printer.uri for printer in printers),
        queue,
        "tel:+81-3-3555-0123",
        "mailto:osaka@example.org",
        "pc:osaka",
        f"webhook:{archive.url}",
    )
    options = {
        "Fax": f"server={hylafax.server}",
        "Mailbox": f"server=smtp://127.0.0.1:{mail.port} from=distserver@{_DOMAIN} tls=none",
    }
    lines = [f"{a}; {n}; {options.get(n, '')}".rstrip("; ") for a, n in zip(addresses, _NAMES, strict=True)]
    server.write_group("all.rec", "Osaka", lines)


def test_each_receipt_has_the_evidence_of_its_kind(street: Street, sent: Sent) -> None:
    assert set(sent.receipts) == set(_NAMES)
    assert {name: (one["state"], one["evidence"]) for name, one in sent.receipts.items()} == dict.fromkeys(
        _NAMES, ("completed", "completed")
    )
    said = {name: str(one["message"]) for name, one in sent.receipts.items()}
    assert sent.receipts["Printer 1"]["reason"] == sent.receipts["Printer 2"]["reason"] == "job-completed-successfully"
    assert sent.receipts["Queue"]["reason"] == "job-completed-successfully"
    assert re.search(rf"CSI {_NUMBER}, 14400 bit/s, ECM, 2-D MMR, {_PAGES} pages", said["Fax"]), said["Fax"]
    assert sent.receipts["Mailbox"]["reason"] == "mail-delivered"
    assert hashlib.sha256(_only_file(street.pc)).hexdigest() in said["PC"]
    assert said["Archive"] == "HTTP 200 OK: filed as 4711", said["Archive"]


def test_everyone_has_the_document(street: Street, sent: Sent) -> None:
    """As it came where it is taken so; where it is not, its words can be read."""
    for printer in street.printers:
        assert printer.read_documents() == [sent.document]
    assert street.queue.read_documents() == [sent.document]
    assert _only_file(street.pc) == sent.document
    assert list(street.archive.taken.values()) == [sent.document]
    (mail,) = street.mail.read_box("osaka")
    (attached,) = [part.get_content() for part in mail.iter_attachments()]
    assert attached == sent.document
    (call,) = [call for call in street.hylafax.exchange.read_calls() if call.number == _NUMBER]
    faxed = read_pages(Path(call.file))
    for page, words in zip(faxed, sent.words, strict=True):
        assert accuracy(read_letters(page.convert("L").resize((1728, 2400))), words) > 0.95


def test_each_class_was_converted_once(street: Street, sent: Sent) -> None:
    """N2: six of the seven take the PDF as it is; the fax is the only conversion."""
    del sent
    counts: dict[str, float] = {}
    for family in text_string_to_metric_families(street.server.get("/metrics").decode()):
        for sample in family.samples:
            if sample.name == "distserver_conversions_total" and sample.labels["class"] != "thumbnail":
                assert sample.labels["outcome"] == "completed"
                counts[sample.labels["format"]] = counts.get(sample.labels["format"], 0) + sample.value
    assert counts == {"image/tiff": 1.0}


def _only_file(pc: Pc) -> bytes:
    (document,) = pc.documents()
    return (pc.home / "inbox" / "documents" / f"{document.id}.pdf").read_bytes()
