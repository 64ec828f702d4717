"""A server and each kind of destination behind it, all of them real.

Two ippeveprinters, cupsd, HylaFAX with T.30 calls, Exim, a receiver on a PC, and a web service of this process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.cupsd import CupsQueue, run_cups_server
from tests.support.exim import MailServer, run_exim
from tests.support.hylafax import HylaFax, run_hylafax
from tests.support.ippeveprinter import EvePrinter, run_eve_printer
from tests.support.mail_house import DOMAIN, wait_for_port
from tests.support.pc import Pc, make_pc
from tests.support.rig_webhook import KEY, WebService, run_service
from tests.support.server import Server, run_server

NUMBER = "0335550123"
NAMES = ("Printer 1", "Printer 2", "Queue", "Fax", "Mailbox", "PC", "Archive")


@dataclass
class AllKinds:
    """The group is `Osaka`, its destinations are `NAMES`."""

    server: Server
    printers: list[EvePrinter]
    queue: CupsQueue
    hylafax: HylaFax
    mail: MailServer
    pc: Pc
    archive: WebService

    def read_receipts(self, job: str) -> dict[str, dict[str, Any]]:
        """The deliveries of a job by destination, as the API tells them."""
        found = json.loads(self.server.get(f"/api/v1/jobs/{job}/deliveries"))["deliveries"]
        return {str(one["destination"]): one for one in found}

    def read_mailed(self) -> list[bytes]:
        """What is attached to the mails in the mailbox."""
        return [part.get_content() for mail in self.mail.read_box("osaka") for part in mail.iter_attachments()]

    def read_stored(self, count: int) -> list[bytes]:
        """The documents on the PC's disk, once so many are there."""
        folder = self.pc.home / "inbox" / "documents"
        return [(folder / f"{one.id}.pdf").read_bytes() for one in self.pc.wait_for(count)]

    def list_faxes(self) -> list[Path]:
        """TIFF files of the calls that brought something to the number, oldest first."""
        calls = self.hylafax.exchange.read_calls()
        return [Path(call.file) for call in calls if call.number == NUMBER and call.pages]


@contextlib.contextmanager
def run_all_kinds(root: Path, **settings: object) -> Iterator[AllKinds]:
    """All of it, for as long as the block runs."""
    with contextlib.ExitStack() as stack:
        printers = []
        for number in range(2):
            (root / f"printer{number}").mkdir()
            printers.append(stack.enter_context(run_eve_printer(root / f"printer{number}", formats="application/pdf")))
        cups = stack.enter_context(run_cups_server())
        hylafax = stack.enter_context(run_hylafax(lines=1))
        archive = stack.enter_context(_run_archive())
        home = root / "home"
        _write_registry(home, archive)
        mail_in = {"mail_in_listen": "lmtp://127.0.0.1:0", "mail_in_domain": DOMAIN}
        server = stack.enter_context(run_server(home, **mail_in, **settings))
        mail = stack.enter_context(run_exim(DOMAIN, wait_for_port(home), "osaka"))
        queue = cups.add_queue("Office")
        addresses = (
            *(f"{printer.uri}; Printer {n}" for n, printer in enumerate(printers, start=1)),
            f"cups:Office@127.0.0.1:{cups.port}; Queue",
            f"tel:+81-3-3555-0123; Fax; server={hylafax.server}",
            f"mailto:osaka@example.org; Mailbox; server=smtp://127.0.0.1:{mail.port} from=distserver@{DOMAIN}",
            "pc:osaka; PC",
            f"webhook:{archive.url}; Archive",
        )
        server.add_group("all.rec", "Osaka", list(addresses))
        pc = make_pc(server, root / "pc", address="pc:osaka")
        stack.callback(pc.kill)
        pc.start("--headless")
        yield AllKinds(server, printers, queue, hylafax, mail, pc, archive)


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
    home.mkdir()
    secrets = home / "secrets"
    secrets.write_text(f"hook {KEY}\n")
    secrets.chmod(0o600)
    line = f"webhook:http://127.0.0.1:{archive.port}/*; archive; secret=@hook form=pdf\n"
    (home / "destinations.rec").write_text(line)
