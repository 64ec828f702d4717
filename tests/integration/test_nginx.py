"""N1, N7: board and printers behind Debian's nginx, as deploy/nginx sets it up, and who its clients are."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
import pytest

from distwire.ipp import MEDIA_TYPE, Operation, Status, attribute, decode_message, encode_message
from distwire.ipp.message import make_message
from distwire.ipp.values import name, uri
from tests.support.board import make_pdf
from tests.support.group_printers import House
from tests.support.ipptool import run_suite, write_documents
from tests.support.ippwire import HttpStatus, Way, ask, connect
from tests.support.network import own_network
from tests.support.nginx import HOST
from tests.support.patience import wait_until
from tests.support.site import Site, run_site
from tests.support.subscribers import events_of, start_waiting, subscribe

pytestmark = pytest.mark.real

_PATIENCE = 60.0
_MEMBERS = ("discard:one; Branch one", "discard:two; Branch two")
_GUEST, _STRANGER, _PASSWORD = "192.0.2.5", "192.0.2.6", "correct horse battery"
_WAITING = 60
"""Fewer than one address may have (`waiting.MOST_OF_PEER`)."""
_MB = 1 << 20


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with own_network(f"{_GUEST}/32", f"{_STRANGER}/32"), run_site(tmp_path_factory.mktemp("site")) as made:
        made.house.write_group("office", *_MEMBERS)
        made.house.write_group("guests", *_MEMBERS, comments=(f"print-from: {_GUEST}",))
        made.house.add_user("hanako", "sender", _PASSWORD)
        wait_until(lambda: _look(made.printer("guests")) == Status.OK)
        yield made


def _look(printer: str) -> int:
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES).code


def _print(
    printer: str, source: str, *, login: tuple[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> int:
    """The status of IPP, or that of HTTP where there is none."""
    way = Way(source, tuple((headers or {}).items()))
    try:
        return ask(printer, Operation.PRINT_JOB, document=make_pdf(), login=login, way=way).code
    except HttpStatus as refused:
        return refused.status


def test_no_test_of_the_suite_fails(site: Site, tmp_path: Path) -> None:
    report = run_suite(site.printer("office"), "ipp-1.1", write_documents(tmp_path), "1.1")
    assert not report.failed, report.text
    assert len(report.passed) >= 37, report.text


def test_clients_of_cups_print_over_ipps(site: Site, tmp_path: Path) -> None:
    (tmp_path / "notice.pdf").write_bytes(make_pdf())
    command = ["ipptool", "-t", "-f", "notice.pdf", site.printer("office", "ipps"), *["print-job.test"] * 5]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.count("[PASS]") == 5, done.stdout


@pytest.mark.parametrize("scheme", ["ipp", "ipps"])
def test_the_pictures_of_a_printer_are_had_at_the_proxys_address(site: Site, scheme: str) -> None:
    trusted = ssl.create_default_context(cafile=str(site.nginx.certificate))
    for address in (
        ask(site.printer("office", scheme), Operation.GET_PRINTER_ATTRIBUTES).groups[1].strings("printer-icons")
    ):
        with urllib.request.urlopen(address, timeout=_PATIENCE, context=trusted) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png"), address


@pytest.mark.parametrize(("scheme", "other"), [("ipp", "ipps"), ("ipps", "ipp")])
def test_all_addresses_in_answers_are_the_proxys(site: Site, scheme: str, other: str) -> None:
    printer = site.printer("office", scheme)
    answer = ask(printer, Operation.GET_PRINTER_ATTRIBUTES).groups[1]
    assert answer.strings("printer-uri-supported") == (printer, site.printer("office", other))
    board = f"https://{HOST}:{site.nginx.ports.tls}"
    assert answer.string("printer-more-info") == f"{board}/groups/office.rec"
    made = ask(printer, Operation.PRINT_JOB, document=make_pdf()).job
    assert made.string("job-uri") == f"{printer}/{made.integer('job-id')}"


def test_the_command_line_names_the_proxys_address(site: Site) -> None:
    done = site.house.server.command("group", "list", "--json")
    named = {group["file"]: group["printer_uri"] for group in json.loads(done.stdout)}
    assert named == {"office.rec": site.printer("office"), "guests.rec": site.printer("guests")}


def test_who_may_print_goes_by_the_clients_own_address(site: Site) -> None:
    assert _print(site.printer("guests"), _GUEST) == Status.OK
    assert _print(site.printer("guests"), _STRANGER) == 426
    assert _print(site.printer("guests", "ipps"), _GUEST) == Status.OK
    assert _print(site.printer("guests", "ipps"), _STRANGER) == 401
    assert _print(site.printer("office"), _GUEST) == 426


@pytest.mark.parametrize("header", [{"X-Forwarded-For": _GUEST}, {"Forwarded": f"for={_GUEST};proto=https"}])
def test_what_a_stranger_says_of_itself_is_not_believed(site: Site, header: dict[str, str]) -> None:
    """Neither through the proxy nor past it: from that address no proxy's word is taken."""
    said = {**header, "X-Forwarded-Proto": "https"}
    past = f"ipp://{site.house.authority}/ipp/print/guests"
    assert _print(site.printer("guests"), _STRANGER, headers=said) == 426
    assert _print(past, _STRANGER, headers=said) == 426
    assert _print(past, HOST, headers=said) == Status.OK


def test_a_password_is_taken_where_the_proxy_has_the_clients_tls(site: Site) -> None:
    right, wrong = ("hanako", _PASSWORD), ("hanako", "guessed it")
    assert _print(site.printer("office", "ipps"), _STRANGER, login=right) == Status.OK
    assert _print(site.printer("office", "ipps"), _STRANGER, login=wrong) == 401
    assert _print(site.printer("office"), _STRANGER, login=right) == Status.FORBIDDEN


def _make_heavy_pdf(octets: int) -> bytes:
    document = pikepdf.open(BytesIO(make_pdf()))
    document.Root.Bulk = document.make_stream(b"\x5a" * octets)
    data = BytesIO()
    document.save(data, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    return data.getvalue()


def test_a_document_of_100_mb_streams(site: Site) -> None:
    """In chunks, once asked for: while the client has sent most of it, the server has that on its disk, and nginx
    nothing on its own."""
    printer = site.printer("office")
    target = attribute("printer-uri", uri(printer))
    request = encode_message(make_message(Operation.PRINT_JOB, 7, (target, attribute("job-name", name("Heavy")))))
    document = _make_heavy_pdf(100 * _MB)
    before = site.nginx.measure_memory()
    connection = connect(printer)
    connection.putrequest("POST", urlsplit(printer).path)
    for key, value in {"Content-Type": MEDIA_TYPE, "Transfer-Encoding": "chunked", "Expect": "100-continue"}.items():
        connection.putheader(key, value)
    connection.endheaders()
    assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100 ")
    body = memoryview(request + document)
    for start in range(0, 90 * _MB, _MB):
        _send_chunk(connection.sock.sendall, body[start : start + _MB])
    wait_until(lambda: _measure_spool(site.house) > 80 * _MB)
    assert site.nginx.list_spooled() == []
    for start in range(90 * _MB, len(body), _MB):
        _send_chunk(connection.sock.sendall, body[start : start + _MB])
    connection.sock.sendall(b"0\r\n\r\n")
    answer = connection.sock.makefile("rb").read
    connection.sock.settimeout(_PATIENCE)
    head = _read_head(answer)
    assert head.startswith(b"HTTP/1.1 200 ")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert decode_message(answer(length))[0].code == Status.OK
    connection.close()
    assert site.nginx.list_spooled() == []
    assert site.nginx.measure_memory() - before < 8 * _MB


def _send_chunk(send: Callable[[bytes], None], piece: memoryview) -> None:
    send(b"%x\r\n" % len(piece) + piece + b"\r\n")


def _read_head(read: Callable[[int], bytes]) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        octet = read(1)
        assert octet, head
        head += octet
    return head


def _measure_spool(house: House) -> int:
    with contextlib.suppress(FileNotFoundError):  # one went just now: the next look tells
        return sum(path.stat().st_size for path in (house.server.home / "spool").rglob("*") if path.is_file())
    return 0


def _measure_incoming(house: House) -> int:
    """Octets of uploads under way."""
    with contextlib.suppress(FileNotFoundError):  # one ended just now: the next look tells
        return sum(path.stat().st_size for path in (house.server.home / "spool" / "incoming").iterdir())
    return 1


def test_a_client_that_goes_in_mid_upload_leaves_nothing(site: Site) -> None:
    printer = site.printer("office")
    request = encode_message(make_message(Operation.PRINT_JOB, 7, (attribute("printer-uri", uri(printer)),)))
    wait_until(lambda: not _measure_incoming(site.house))
    with contextlib.closing(connect(printer)) as connection:
        connection.putrequest("POST", urlsplit(printer).path)
        connection.putheader("Content-Type", MEDIA_TYPE)
        connection.putheader("Content-Length", str(50 * _MB))
        connection.endheaders()
        connection.sock.sendall(request + make_pdf()[:500] + bytes(5 * _MB))
        wait_until(lambda: _measure_incoming(site.house) > 4 * _MB)
    wait_until(lambda: not _measure_incoming(site.house))


def test_a_large_document_of_somebody_who_may_not_is_answered_all_the_same(site: Site) -> None:
    """CUPS sends it once more then, with name and password."""
    heavy = _make_heavy_pdf(20 * _MB)
    with pytest.raises(HttpStatus) as refused:
        ask(site.printer("office", "ipps"), Operation.PRINT_JOB, document=heavy, way=Way(_STRANGER))
    assert refused.value.status == 401


def test_more_clients_than_one_address_may_have_are_served(site: Site) -> None:
    """All of them come from the proxy's address."""
    printer = site.printer("office")
    connections = [connect(printer) for _ in range(140)]
    request = encode_message(make_message(Operation.PRINT_JOB, 7, (attribute("printer-uri", uri(printer)),)))
    for connection in connections:
        connection.putrequest("POST", "/ipp/print/office")
        connection.putheader("Content-Type", MEDIA_TYPE)
        connection.putheader("Content-Length", str(len(request) + len(make_pdf())))
        connection.endheaders()
        connection.send(request)
    for connection in connections:
        connection.send(make_pdf())
    answers = [connection.getresponse() for connection in connections]
    assert {decode_message(answer.read())[0].code for answer in answers} == {int(Status.OK)}
    for connection in connections:
        connection.close()


def test_answers_are_held_for_many_clients_until_there_is_news(site: Site) -> None:
    """Get-Notifications with notify-wait."""
    printer = site.printer("office")

    async def wait_together(id_: int) -> list[list[tuple[int | None, str | None]]]:
        waiters = [await start_waiting(printer, id_, HOST) for _ in range(_WAITING)]
        assert await asyncio.to_thread(_print, printer, HOST) == Status.OK
        answers = [await waiter.answer() for waiter in waiters]
        for waiter in waiters:
            await waiter.close()
        return [events_of(answer) for answer in answers]

    told = asyncio.run(wait_together(subscribe(printer, "job-created")))
    assert told == [[(1, "job-created")]] * _WAITING


def test_who_comes_to_the_board_without_tls_is_led_to_it(site: Site) -> None:
    connection = http.client.HTTPConnection(HOST, site.nginx.ports.redirect, timeout=_PATIENCE)
    connection.request("GET", "/jobs?state=done")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/jobs?state=done")
    connection.close()


def test_the_board_knows_the_clients_own_address(site: Site) -> None:
    connection = connect(f"ipps://{HOST}:{site.nginx.ports.tls}", _GUEST)
    connection.request("GET", "/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert connection.getresponse().status == 200
    connection.close()
    log = site.house.server.home / "logs" / "web.log"
    wait_until(lambda: f"from={_GUEST}" in log.read_text("utf-8"))
    assert "203.0.113.9" not in log.read_text("utf-8")
