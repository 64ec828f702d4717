"""`distserver fax modems`: every server that is named has a line."""

from __future__ import annotations

import pytest

from distserver.cli.fax import describe_unheard, list_modem_rows
from distwire.api.faxes import FaxModem, FaxServer

MODEM = FaxModem(name="ttyS0", number="+81.3", receives=True, state="idle")


@pytest.mark.parametrize(
    ("server", "rows"),
    [
        (
            FaxServer(server="fax:4559", modems=[MODEM], trouble=""),
            [("fax:4559", "ttyS0", "+81.3", "yes", "idle")],
        ),
        (
            FaxServer(server="fax:4559", modems=[], trouble="no answer"),
            [("fax:4559", "", "", "", "cannot be asked: no answer")],
        ),
        (
            FaxServer(server="fax:4559", modems=[], trouble=""),
            [("fax:4559", "", "", "", "lists no modem with a faxgetty")],
        ),
    ],
)
def test_a_line_for_each_modem_else_for_the_server(server: FaxServer, rows: list[tuple[str, ...]]) -> None:
    assert list_modem_rows(server) == rows


def test_what_it_means_that_its_events_do_not_come() -> None:
    said = describe_unheard(FaxServer(server="fax:4559", modems=[MODEM], trouble="", unheard="504 Not allowed"))
    assert "fax:4559 cannot tell by itself what becomes of a fax (504 Not allowed)" in said
