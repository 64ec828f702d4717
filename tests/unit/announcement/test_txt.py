"""TXT records of printers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.ipp.announcement.txt import MOST_OCTETS, PathTooLong, fits, make_fax_txt, make_print_txt
from tests.support.announcing import make_printer, uuid_of


def test_all_that_clients_ask_for_is_there() -> None:
    printer = make_printer("sales", uuid=uuid_of("3fa9"), fax_uuid=uuid_of("77"))
    assert make_print_txt(printer) == {
        "txtvers": "1",
        "qtotal": "1",
        "rp": "ipp/print/sales",
        "ty": "Distserver group",
        "note": "all of sales",
        "product": "(Distserver)",
        "pdl": "image/urf,application/pdf,image/jpeg,image/pwg-raster",
        "UUID": "3fa90000-0000-0000-0000-000000000000",
        "priority": "50",
        "adminurl": "http://127.0.0.1:8631/groups/sales.rec",
        "TLS": "1.2",
        "Color": "T",
        "Duplex": "T",
        "URF": "V1.4,W8,SRGB24,RS300",
        "Fax": "T",
        "rfo": "ipp/faxout/sales",
    }
    fax = make_fax_txt(printer)
    assert (fax["rp"], fax["Fax"], fax["UUID"][:2]) == ("ipp/faxout/sales", "T", "77")
    assert next(iter(fax)) == "txtvers"


def test_what_is_not_there_is_not_told() -> None:
    txt = make_print_txt(
        make_printer("x", tls_port=None, fax_path=None, urf=(), admin_url="", color=False, duplex=False)
    )
    assert (txt["Color"], txt["Duplex"], txt["Fax"]) == ("F", "F", "F")
    assert not {"TLS", "URF", "rfo", "adminurl"} & set(txt)
    with pytest.raises(ValueError, match="takes no faxes"):
        make_fax_txt(make_printer("x", fax_path=None))


def test_paths_stand_in_letters_because_clients_encode_them() -> None:
    txt = make_print_txt(make_printer("x", path="/ipp/print/%E5%96%B6%E6%A5%AD", fax_path="/ipp/faxout/a%20b"))
    assert (txt["rp"], txt["rfo"]) == ("ipp/print/営業", "ipp/faxout/a b")


def test_a_list_is_cut_between_values_and_keeps_what_clients_look_for() -> None:
    many = tuple(f"application/vnd.example.format-{number}" for number in range(20))
    pdl = make_print_txt(make_printer("x", formats=(*many, "application/pdf", "image/urf")))["pdl"]
    assert pdl.startswith("image/urf,application/pdf,application/vnd.example.format-0,")
    assert len(f"pdl={pdl}") <= MOST_OCTETS
    assert set(pdl.split(",")) <= {*many, "application/pdf", "image/urf"}


def test_a_path_that_does_not_fit_is_told() -> None:
    path = "/ipp/print/" + "%E5%96%B6" * 82
    assert not fits(path)
    assert fits("/ipp/print/" + "%E5%96%B6" * 80)
    with pytest.raises(PathTooLong):
        make_print_txt(make_printer("x", path=path))
    assert make_print_txt(make_printer("x", fax_path=path))["Fax"] == "F"


@given(
    st.text(alphabet=st.characters(codec="utf-8")), st.lists(st.text("ab/-", min_size=1, max_size=90)), st.integers()
)
def test_no_pair_is_longer_than_its_length_can_say(text: str, values: list[str], priority: int) -> None:
    printer = make_printer(
        "x", note=text * 5, make=text, admin_url=text, formats=tuple(values), urf=tuple(values), priority=priority
    )
    for key, value in {**make_print_txt(printer), "fax": str(make_fax_txt(printer)["note"])}.items():
        assert len(f"{key}={value}".encode()) <= MOST_OCTETS
