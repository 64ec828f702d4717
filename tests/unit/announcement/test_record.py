"""The DNS records of a printer."""

from __future__ import annotations

from distserver.intake.ipp.announcement.record import Server, make_records, make_server_name
from tests.support.announcing import make_printer

SERVER = Server("print1-abcdef.local.", ("192.0.2.7", "2001:db8::7"))


def test_one_name_under_every_type_with_subtypes_for_everywhere_and_airprint() -> None:
    records = make_records(make_printer("営業所"), "営業所", SERVER)
    assert {info.name for info in records.services} == {
        "営業所._printer._tcp.local.",
        "営業所._ipp._tcp.local.",
        "営業所._ipps._tcp.local.",
        "営業所._fax-ipp._tcp.local.",
    }
    assert {info.type for info in records.pointers} == {
        f"{sub}._sub.{kind}._tcp.local." for sub in ("_print", "_universal") for kind in ("_ipp", "_ipps")
    }
    assert len({info.key for info in records.all}) == len(records.all)
    assert {info.port for info in records.services if info.type != "_printer._tcp.local."} == {8632}


def test_without_tls_and_fax_there_are_fewer() -> None:
    records = make_records(make_printer("x", tls_port=None, fax_path=None), "x", SERVER)
    assert [info.type for info in records.services] == ["_printer._tcp.local.", "_ipp._tcp.local."]


def test_each_server_has_a_host_name_of_its_own() -> None:
    name = make_server_name("Print_Server 1.example.org", 8632)
    assert name.startswith("print-server-1-")
    assert name.endswith(".local.")
    assert name == make_server_name("print-server-1", 8632)
    assert name != make_server_name("print-server-1", 8633)
    assert make_server_name("営業", 1).startswith("distserver-")
