"""N1: whole servers on a wire of their own, and what a Linux machine beside them finds by DNS-SD."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from distwire.ipp import Operation
from tests.support.avahi import Avahi, Service, run_avahi
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask
from tests.support.network import Machine, own_wire
from tests.support.patience import wait_until

pytestmark = pytest.mark.real

_OPEN = "print-from: 192.0.2.0/24"
_MEMBERS = ("discard:one; Branch one", "discard:two; Branch two")
_SALES = "営業所 第1課"
_KEYS = "txtvers qtotal rp ty note product pdl UUID priority adminurl TLS".split()  # noqa: SIM905 - as the standard has them
_PRINT = """#!/bin/sh
# ippfind --exec: address of a .local host as avahi knows it, then the job
address=$(avahi-resolve -4 -n "$1" | cut -f2)
ipptool -q -f {document} "ipp://$address:$2/$3" print-job.test && echo printed
"""


@dataclass(frozen=True)
class Wire:
    """Two machines for servers, and one that looks around."""

    first: Machine
    second: Machine
    avahi: Avahi
    folder: Path

    @contextmanager
    def serving(self, machine: Machine, home: str, **settings: object) -> Iterator[House]:
        """A server whose groups are `office` and `sales`."""
        given = {"host": machine.address, **settings}
        with machine.entered(), ExitStack() as stack:
            _write(self.folder / home, "office", "Office")
            _write(self.folder / home, "sales", _SALES)
            yield stack.enter_context(run_house(self.folder / home, **given))

    def names(self, kind: str = "_ipp._tcp") -> list[str]:
        return [one.name for one in self.avahi.browse(kind)]


def _write(home: Path, file: str, name: str) -> None:
    folder = home / "groups"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{file}.rec").write_text("\n".join((f"# {name}", f"# {file}.rec", f"# {_OPEN}", *_MEMBERS, "")), "utf-8")


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The thread stays on the machine that looks around, but for the starts of servers."""
    folder = tmp_path_factory.mktemp("wire")
    with own_wire(3) as (first, second, third), third.entered(), run_avahi(folder / "avahi", "lan0", "seeker") as avahi:
        yield Wire(first, second, avahi, folder)


@pytest.fixture(scope="module")
def house(wire: Wire) -> Iterator[House]:
    with wire.serving(wire.first, "first") as made:
        wait_until(lambda: set(wire.names()) >= {"Office", _SALES, "Everyone"})
        yield made


def _service(wire: Wire, name: str, kind: str = "_ipp._tcp") -> Service:
    """The one of that name, which is announced in each of the kinds by itself."""
    found: list[Service] = []

    def look() -> bool:
        found[:] = [one for one in wire.avahi.browse(kind) if one.name == name]
        return len(found) == 1

    wait_until(look, lambda: found)
    return found[0]


@pytest.mark.parametrize(
    ("kind", "scheme", "path"),
    [
        ("_ipp._tcp", "ipp", "print"),
        ("_ipps._tcp", "ipps", "print"),
        ("_ipp._tcp,_print", "ipp", "print"),
        ("_ipp._tcp,_universal", "ipp", "print"),
        ("_ipps._tcp,_print", "ipps", "print"),
        ("_ipps._tcp,_universal", "ipps", "print"),
    ],
)
def test_ippfind_finds_every_group(wire: Wire, house: House, kind: str, scheme: str, path: str) -> None:
    found = {one[0]: one[1] for one in wire.avahi.find(kind, 3)}
    assert set(found) == {"Office", _SALES, "Everyone"}
    assert found["Office"].startswith(f"{scheme}://")
    assert found["Office"].endswith(f"/ipp/{path}/office")


def test_the_fax_services_are_found(wire: Wire, house: House) -> None:
    fax = _service(wire, "Office", "_fax-ipp._tcp")
    assert (fax.address, fax.txt["rp"], fax.txt["Fax"]) == (wire.first.address, "ipp/faxout/office", "T")
    assert set(fax.txt) >= set(_KEYS)


def test_what_is_told_of_a_printer_is_what_the_printer_says(wire: Wire, house: House) -> None:
    found = _service(wire, "Office")
    txt, said = found.txt, ask(house.printer("office"), Operation.GET_PRINTER_ATTRIBUTES).groups[1]
    assert set(txt) == {*_KEYS, "Color", "Duplex", "URF", "Fax", "rfo"}
    assert (found.address, f"{found.address}:{found.port}") == (wire.first.address, house.authority)
    assert (txt["txtvers"], txt["qtotal"], txt["rp"], txt["rfo"]) == ("1", "1", "ipp/print/office", "ipp/faxout/office")
    assert f"urn:uuid:{txt['UUID']}" == said.string("printer-uuid")
    assert (txt["ty"], txt["note"]) == (said.string("printer-make-and-model"), said.string("printer-location"))
    assert txt["note"] == "2 destinations"
    assert txt["adminurl"] == said.string("printer-more-info")
    assert txt["URF"].split(",") == list(said.strings("urf-supported"))
    assert set(txt["pdl"].split(",")) == set(said.strings("document-format-supported")) - {"application/octet-stream"}
    assert (txt["Color"], txt["Duplex"], txt["TLS"]) == ("T", "T", "1.2")
    assert _service(wire, "Office", "_ipps._tcp").txt == txt


def test_what_ippfind_hands_to_a_command_is_printed_to(wire: Wire, house: House) -> None:
    script, document = wire.folder / "print", wire.folder / "notice.pdf"
    document.write_bytes(make_pdf())
    script.write_text(_PRINT.format(document=document))
    script.chmod(0o700)
    fields = ("{service_hostname}", "{service_port}", "{txt_rp}")
    find = ("_ipp._tcp,_print", str(script), *fields)
    wait_until(lambda: wire.avahi.find_each(*find, name="^Office$") == [["printed"]])


def test_printers_come_go_and_are_renamed_with_their_files(wire: Wire, house: House) -> None:
    home, file = wire.folder / "first", wire.folder / "first" / "groups" / "late.rec"
    with wire.avahi.watching("_ipp._tcp") as watch:
        wait_until(lambda: watch.has("+", "Office"))
        _write(home, "late", "Late")
        wait_until(lambda: watch.has("+", "Late"))
        _write(home, "late", "Later")
        wait_until(lambda: watch.has("-", "Late") and watch.has("+", "Later"))
        file.unlink()
        wait_until(lambda: watch.has("-", "Later"), lambda: "no goodbye was heard")
        assert not watch.has("-", "Office")


def test_all_are_withdrawn_when_the_server_ends(wire: Wire) -> None:
    with wire.avahi.watching("_ipps._tcp") as watch:
        with wire.serving(wire.second, "brief") as brief:
            brief.server.write_group("brief.rec", "Brief", list(_MEMBERS))
            wait_until(lambda: watch.has("+", "Brief"))
        wait_until(lambda: watch.has("-", "Brief"))


def test_a_second_server_with_the_same_groups_gets_other_names_and_keeps_them(wire: Wire, house: House) -> None:
    """Both stay reachable, and a start of the second while the first is away changes nothing."""
    with wire.serving(wire.second, "second"):
        wait_until(lambda: len(wire.names()) == 6)
        (other,) = [name for name in wire.names() if name.startswith("Office (")]
        assert len(other) == len("Office (3FA9C2)")
        places = {name: _service(wire, name) for name in ("Office", other)}
        assert [one.address for one in places.values()] == [wire.first.address, wire.second.address]
        for one in places.values():
            uri = f"ipp://{one.address}:{one.port}/{one.txt['rp']}"
            assert _ipptool(uri).returncode == 0
    wait_until(lambda: len(wire.names()) == 3)
    with wire.serving(wire.second, "second"):
        wait_until(lambda: len(wire.names()) == 6)
        assert _service(wire, other).address == wire.second.address


def _ipptool(uri: str) -> subprocess.CompletedProcess[str]:
    command = ["ipptool", "-q", "-T", "30", uri, "get-printer-attributes.test"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("settings", "announced"),
    [
        ({"dnssd": "off"}, False),
        ({"host": "127.0.0.1"}, False),
        ({"dnssd_interfaces": "lan9"}, False),
        ({"dnssd_interfaces": "lan0"}, True),
    ],
)
def test_nothing_is_announced_where_that_is_not_wanted(
    wire: Wire, settings: dict[str, object], announced: bool
) -> None:
    """By setting, from a loopback address, and on no interface but those that are named."""
    home = f"quiet-{len(settings)}-{'-'.join(map(str, settings.values()))}"
    with wire.avahi.watching("_ipp._tcp") as watch, wire.serving(wire.second, home, **settings) as quiet:
        quiet.server.write_group("sign.rec", home, list(_MEMBERS))
        if announced:
            wait_until(lambda: watch.has("+", home))
        else:
            time.sleep(4)
            assert not watch.has("+", home)
            assert "dnssd-started" not in quiet.log()


def test_behind_a_proxy_of_the_same_machine_its_ports_are_announced(wire: Wire) -> None:
    proxy = {"ipp_url": "ipp://print.example.org:631", "ipps_url": "ipps://print.example.org:443"}
    with wire.serving(wire.second, "proxied", host="127.0.0.1", dnssd="on", **proxy) as proxied:
        proxied.server.write_group("proxied.rec", "Proxied", list(_MEMBERS))
        wait_until(lambda: "Proxied" in wire.names("_ipps._tcp"))
        plain, secure = (_service(wire, "Proxied", kind) for kind in ("_ipp._tcp", "_ipps._tcp"))
        assert (plain.address, plain.port, secure.port) == (wire.second.address, 631, 443)
