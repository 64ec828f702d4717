"""Panel, server, printers and a PC on machines of their own, with only the documented ports open."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from distserver.settings import PRINTERS_ABOVE, Settings
from distwire.local.token import write_token
from mfp_client.settings import DeviceSettings, save_settings
from tests.support.deliveries import make_pdf
from tests.support.device import start_device, wait_for_jobs
from tests.support.firewall import read_ports, shut
from tests.support.network import Machine, own_wire
from tests.support.panel import Panel, make_device_token
from tests.support.pc import ADDRESS, change_setting, make_pc
from tests.support.server import run_server
from tests.support.whole_device import start_whole_device

_ANY = "0.0.0.0"


def test_the_documented_ports_are_those_of_the_code() -> None:
    settings = {one.setting: one.number for one in read_ports()}
    server, device = Settings(), DeviceSettings()
    printers = server.port + PRINTERS_ABOVE
    assert settings == {
        "port": server.port,
        "ipp_port": printers,
        "ipps_port": printers + 1,
        "printer_port": device.printer_port,
        "panel_port": device.panel_port,
        "dnssd": 5353,
    }
    assert device.panel_host == "127.0.0.1"


@pytest.mark.real
def test_a_distribution_needs_only_the_documented_ports(tmp_path: Path) -> None:
    """From the feeder of one machine over the server on another to the trays of three."""
    with own_wire(4) as machines, ExitStack() as stack:
        copier, middle, *branches = machines
        for machine in (copier, *branches):
            shut(machine, "device")
        shut(middle, "server")
        trays = [tmp_path / machine.address for machine in branches]
        for machine, tray in zip(branches, trays, strict=True):
            with machine.entered():
                stack.enter_context(start_device("pdf", tray, port=8651, extra=("--host", _ANY)))
        uris = [f"ipp://{machine.address}:8651/ipp/print" for machine in (copier, *branches)]
        with middle.entered():
            server = stack.enter_context(run_server(tmp_path / "server", host=_ANY, port=8631, dnssd="off"))
            server.write_group("all.rec", "everybody", [f"{uri}; branch {n}" for n, uri in enumerate(uris)])
            token = make_device_token(server, uris[0])
        home = tmp_path / "copier"
        save_settings(home, _copier(middle, uris[0], home))
        write_token(home, token)
        with copier.entered():
            device = stack.enter_context(start_whole_device(home))
            panel = Panel(home, device.process, device.panel.rstrip("/"), home / "feeder")  # type: ignore[arg-type]
            panel.lay_text(pages=2)
            panel.post("/api/tasks", kind="distribute-document", groups=["all.rec"], title="Notice")
            assert panel.wait_for("review", "failed")["step"] == "review"
            panel.post("/api/task/start", groups=["all.rec"], title="Notice")
            task = panel.wait_for("done", "failed")
            assert (task["step"], task["progress"]["done"]) == ("done", 3), task
        for tray in (*trays, device.tray):
            assert [job.record["pages"] for job in wait_for_jobs(tray, 1)] == [2]
        _check_shut(copier, branches[0])
        assert not _reaches(middle, copier, 8652), "the panel can be reached from another machine"


@pytest.mark.real
def test_a_pc_that_nobody_can_reach_gets_its_documents_all_the_same(tmp_path: Path) -> None:
    """N3: they come in the replies to its own requests."""
    document = tmp_path / "prices.pdf"
    document.write_bytes(make_pdf(3000))
    with own_wire(2) as (desk, middle), ExitStack() as stack:
        shut(desk, "pc")
        shut(middle, "server")
        with middle.entered():
            server = stack.enter_context(run_server(tmp_path / "server", host=_ANY, port=8631, dnssd="off"))
            server.write_group("all.rec", "everybody", [f"{ADDRESS}; Front desk"])
            pc = make_pc(server, tmp_path / "pc")
        change_setting(pc, server=f"http://{middle.address}:8631")
        with desk.entered():
            pc.start("--headless")
            stack.callback(pc.kill)
            stack.enter_context(socket.create_server((desk.address, 8651)))
        assert not _reaches(middle, desk, 8651)
        with middle.entered():
            done = server.command("send", str(document), "--to", "all", "--title", "Prices", "--wait")
        assert done.returncode == 0, done.stderr
        assert [one.title for one in pc.wait_for(1)] == ["Prices"]


def _copier(server: Machine, address: str, home: Path) -> DeviceSettings:
    return DeviceSettings(
        server=f"http://{server.address}:8631",
        address=address,
        name="copier",
        printer_host=_ANY,
        scanners=(f"folder:{home / 'feeder'}",),
        log_in="none",
    )


def _check_shut(here: Machine, there: Machine) -> None:
    """What is not documented cannot be reached, though somebody listens; what is can."""
    with there.entered(), socket.create_server((there.address, 9999)):
        assert not _reaches(here, there, 9999)
        assert _reaches(here, there, 8651)


def _reaches(here: Machine, there: Machine, port: int) -> bool:
    with here.entered():
        try:
            socket.create_connection((there.address, port), timeout=2).close()
        except OSError:
            return False
    return True
