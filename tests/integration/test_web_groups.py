"""Groups on the board: what the files say, live, and what is wrong in them (SPEC D1, D2, D3)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from distserver.engine.capabilities import capabilities_to_json
from distserver.groups.access import read_networks
from distserver.groups.snapshot import Group
from distserver.model.capabilities import Capabilities
from distserver.model.supplies import Supply, Tray
from distserver.settings import load_settings
from distserver.store import lanes
from distserver.web.groups import pages
from tests.support.board import Board


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    board = Board(tmp_path_factory.mktemp("board"))
    yield board
    board.close()


@pytest.fixture(scope="module")
def client(board: Board) -> FlaskClient:
    return board.sign_in()


def test_list_has_number_name_file_members_and_errors(client: FlaskClient) -> None:
    page = client.get("/groups").text
    assert page.index("All destinations") < page.index("Product development") < page.index("全営業所")
    for text in ("eigyou_all.rec", "develop.rec", "1 error"):
        assert text in page


def test_bad_line_is_told_by_file_line_and_reason(client: FlaskClient) -> None:
    """D2."""
    for path in ("/", "/groups", "/groups/develop.rec"):
        page = client.get(path).text
        assert "line 4" in page
        assert "&#39;not an address&#39;" in page


def test_group_has_a_page_by_file_and_by_name(client: FlaskClient) -> None:
    page = client.get("/groups/eigyou_all.rec").text
    assert '<b lang="ja">札幌支店</b>' in page
    assert "Send to this group" in page
    assert client.get("/groups/全営業所").text.count("<tr>") == page.count("<tr>")
    assert client.get("/groups/nosuch.rec").status_code == 404


def test_secrets_in_options_are_not_shown(board: Board, client: FlaskClient) -> None:
    file = board.services.settings.groups_dir / "secret.rec"
    file.write_text("# Secret\n# secret.rec\na.example.org; A; user=bob; secret=hunter2\n", encoding="utf-8")
    board.services.groups.refresh()
    deadline = time.monotonic() + 30
    while client.get("/groups/secret.rec").status_code != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    page = client.get("/groups/secret.rec").text
    assert "user=bob" in page
    assert "hunter2" not in page


def test_groups_are_found_by_name_and_file(client: FlaskClient) -> None:
    assert client.get("/groups?q=営業").text.count('<td class="place">') == 1
    assert "No group matches" in client.get("/groups?q=nowhere").text


def test_without_any_group_the_pages_say_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    board = Board(tmp_path_factory.mktemp("empty"), {})
    client = board.sign_in()
    for path in ("/groups", "/send"):
        assert "There are no groups yet" in client.get(path).text
    assert "Nothing has been sent yet" in client.get("/").text
    assert "Nothing is under way" in client.get("/wall").text
    assert "No jobs yet" in client.get("/jobs").text
    board.close()


def test_a_group_says_how_to_print_to_it_from_any_device(client: FlaskClient) -> None:
    """N1: the addresses as text and as a QR code, and the steps, without a script; with TLS, for all must sign in."""
    page = client.get("/groups/eigyou_all.rec").text
    section = page[page.index("Print to this group") :]
    uri = "ipps://127.0.0.1:8641/ipp/print/eigyou_all"
    assert f">{uri}</code>" in section
    assert "asks for the name and password" in section
    assert ">ipp://127.0.0.1:8640/ipp/print/eigyou_all</code>" in section
    assert f"lpadmin -p eigyou_all -E -v {uri} -m everywhere" in section
    assert ">ipps://127.0.0.1:8641/ipp/faxout/eigyou_all</code>" in section
    assert "<svg" in section
    assert "style=" not in section[section.index("<svg") : section.index("</svg>")]
    for system in ("Windows", "macOS", "iPhone, iPad", "Android", "Linux"):
        assert f"<summary>{system}</summary>" in section
    assert "Only this machine reaches that address" in section


def test_where_guests_print_their_address_comes_first(tmp_path: Path) -> None:
    settings, _ = load_settings(tmp_path, {"DISTSERVER_HOST": "192.0.2.7"})
    access = read_networks("192.0.2.0/24, ::1")
    found = pages.find_printer(settings, Group("営業.rec", "営業", access=access))
    assert found is not None
    assert found.uri == found.plain_uri == "ipp://192.0.2.7:8640/ipp/print/%E5%96%B6%E6%A5%AD"
    assert found.guests == ("192.0.2.0/24", "::1/128")
    assert (found.server, found.path) == ("192.0.2.7:8640", "ipp/print/%E5%96%B6%E6%A5%AD")
    assert (found.queue, found.is_local) == ("group", False)


def test_where_groups_are_no_printers_nothing_is_said(tmp_path: Path) -> None:
    settings, _ = load_settings(tmp_path, {"DISTSERVER_PORT": "0"})
    assert pages.find_printer(settings, Group("sales.rec", "Sales")) is None


def test_supplies_and_alerts_of_members_are_shown(board: Board, client: FlaskClient) -> None:
    """N1: bars of what is left, where somebody should go first; of who has said nothing, nothing."""
    said = Capabilities(
        state_reasons=("marker-supply-low-report",),
        supplies=(Supply("黒トナー", "toner", "black", 6), Supply("Waste box", "wasteToner", "", None, waste=True)),
        trays=(Tray("main", 250, 40),),
    )
    well = Capabilities(supplies=(Supply("Black cartridge", "toner", "black", 80),), alerts=())
    uris = {"tokyo": said, "osaka": well}
    learned = {
        f"ipp://{name}.example.org/ipp/print": {"capabilities": capabilities_to_json(each), "capabilities_at": 1e9}
        for name, each in uris.items()
    }
    with board.services.database.begin() as connection:
        lanes.remember(connection, learned)
    page = client.get("/groups/all.rec").text
    shown = page[page.index("Supplies and alerts") : page.index("Print to this group")]
    assert shown.index("Tokyo head office") < shown.index("大阪営業所")
    for words in ("Ink or toner is running low", "6 %, low", "Waste box", "not known", "Tray main", "40 %", "80 %"):
        assert words in shown
    assert '<rect class="tone-attention" width="6"' in shown
    assert "Sendai depot" not in shown
