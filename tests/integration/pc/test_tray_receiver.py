"""The receiver's own icon on a bus: says what came, opens the inbox, leaves people alone, ends the program."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from pc_client.receiver.inbox import Inbox, read_clock
from tests.support.deliveries import make_pdf
from tests.support.patience import wait_until
from tests.support.pc import PATIENCE, Pc, run_office_with_pc
from tests.support.server import Server
from tests.support.status_panel import ITEM, MENU, StatusPanel
from tests.support.tray import run_bus

pytestmark = pytest.mark.real


def choose(panel: StatusPanel, entry: int) -> None:
    panel.ask(MENU, "Event", "isvu", (entry, "clicked", ("i", 0), 0))


def find_quiet(pc: Pc) -> float:
    with closing(Inbox(pc.home)) as inbox:
        return inbox.find_quiet()


def send(server: Server, path: Path) -> None:
    path.write_bytes(make_pdf(20_000))
    done = server.command("send", str(path), "--to", "all")
    assert done.returncode == 0, done.stderr


def test_the_icon_of_a_receiver_under_wayland(tmp_path: Path) -> None:
    with run_bus(tmp_path / "bus") as address, closing(StatusPanel(address)) as panel:
        panel.begin()
        session = {"DBUS_SESSION_BUS_ADDRESS": address, "WAYLAND_DISPLAY": "wayland-0", "DISPLAY": "", "LANGUAGE": "en"}
        with run_office_with_pc(tmp_path, session) as (server, pc):
            pc.start()
            panel.take_item()
            assert panel.get("Title") == ("s", "Inbox of Front desk 受付")
            send(server, tmp_path / "prices.pdf")
            panel.take("NewTitle")
            assert panel.get("Title") == ("s", "Inbox of Front desk 受付: 1 new")
            panel.ask(ITEM, "Activate", "ii", (0, 0))
            wait_until(lambda: any("#inbox&" in one for one in pc.opened()), pc.opened)
            choose(panel, 2)
            wait_until(lambda: find_quiet(pc) > read_clock())
            assert panel.take("ItemsPropertiesUpdated").body == ([(2, {"toggle-state": ("i", 1)})], [])
            choose(panel, 4)
            assert pc.process is not None
            assert pc.process.wait(PATIENCE) == 0
