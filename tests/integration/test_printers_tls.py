"""N1, N7: the printers' certificate on a whole server, as openssl and ipptool see it, before and after a change."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from distwire.ipp import MEDIA_TYPE, Operation, Status, attribute, decode_message, encode_message
from distwire.ipp.message import make_message
from distwire.ipp.values import uri
from tests.support.board import make_pdf
from tests.support.certificate import write_certificate
from tests.support.group_printers import House, run_house
from tests.support.ippwire import ask, connect
from tests.support.patience import wait_until

pytestmark = pytest.mark.real

_SERIAL = re.compile(r"serial=([0-9A-F]+)")
_LOOK = Operation.GET_PRINTER_ATTRIBUTES


def _place(house: House) -> str:
    return f"127.0.0.1:{house.tls_port}"


def _printer(house: House) -> str:
    return f"ipps://{_place(house)}/ipp/print/office"


def _shake(house: House, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["openssl", "s_client", "-connect", _place(house), *options]
    return subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)


def _serial(house: House) -> str:
    """Of the certificate that a new connection is shown, as openssl reads it."""
    shown = _shake(house).stdout
    read = ["openssl", "x509", "-noout", "-serial"]
    found = _SERIAL.search(subprocess.run(read, input=shown, capture_output=True, text=True, check=True).stdout)
    assert found is not None
    return found[1]


def _check(house: House) -> list[tuple[str, str]]:
    """What `distserver check` says of the certificate: verdict and message."""
    told = json.loads(house.server.command("check", "--json").stdout)
    return [(one["verdict"], one["message"]) for one in told if one["subject"] == "tls"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with the certificate that it has made."""
    with run_house(tmp_path_factory.mktemp("own") / "home", public_url="https://print.example.org") as made:
        made.write_group("office", "discard:one; Branch one")
        wait_until(lambda: ask(_printer(made), _LOOK).code == Status.OK)
        yield made


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("name", ["localhost", "print.example.org"])
def test_openssl_believes_the_servers_own_for_every_name(own: House, version: str, name: str) -> None:
    trusted = str(own.server.home / "tls" / "server.crt")
    options = ("-CAfile", trusted, "-verify_return_error", "-verify_hostname", name, "-servername", name, version)
    done = _shake(own, *options)
    assert done.returncode == 0, done.stderr
    assert "Verify return code: 0 (ok)" in done.stdout


def test_openssl_is_not_let_in_with_an_older_version(own: House) -> None:
    assert _shake(own, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode != 0


def test_ipptool_prints_over_ipps(own: House, tmp_path: Path) -> None:
    (tmp_path / "notice.pdf").write_bytes(make_pdf())
    done = subprocess.run(
        ["ipptool", "-t", "-f", "notice.pdf", _printer(own), *["print-job.test"] * 5, "get-jobs.test"],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("[PASS]") == 6


def test_the_check_says_how_long_it_lasts(own: House) -> None:
    ((verdict, message),) = _check(own)
    assert verdict == "ok"
    assert "lasts until" in message


def test_a_supplied_one_is_replaced_while_connections_are_open_and_a_broken_one_is_not_taken(tmp_path: Path) -> None:
    supplied = write_certificate(tmp_path / "given.pem")
    supplied.chmod(0o600)
    with run_house(tmp_path / "home", tls_certificate=str(supplied)) as house:
        house.write_group("office", "discard:one; Branch one")
        printer = _printer(house)
        wait_until(lambda: ask(printer, _LOOK).code == Status.OK)
        first = _serial(house)
        request = encode_message(make_message(Operation.PRINT_JOB, 7, (attribute("printer-uri", uri(printer)),)))
        document = make_pdf(40)
        upload = connect(printer)
        upload.putrequest("POST", urlsplit(printer).path)
        upload.putheader("Content-Type", MEDIA_TYPE)
        upload.putheader("Content-Length", str(len(request) + len(document)))
        upload.endheaders()
        upload.send(request + document[: len(document) // 2])
        write_certificate(supplied)
        wait_until(lambda: _serial(house) != first)
        second = _serial(house)
        upload.send(document[len(document) // 2 :])
        assert decode_message(upload.getresponse().read())[0].code == Status.OK
        upload.close()

        whole = supplied.read_bytes()
        supplied.write_bytes(whole[: len(whole) // 2])
        wait_until(lambda: _serial(house) == second and "tls-pair-refused" in house.log())
        assert ask(printer, _LOOK).code == Status.OK
        ((verdict, message),) = _check(house)
        assert verdict == "wrong"
        assert str(supplied) in message

        write_certificate(supplied)
        wait_until(lambda: _serial(house) not in (first, second))
        assert [verdict for verdict, _ in _check(house)] == ["note"]  # it lasts for a day
