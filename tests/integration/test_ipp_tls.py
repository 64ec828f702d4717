"""N7: the TLS side of the groups' printers, with real handshakes before and after a change of the certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from distserver.errors import SetupError
from distserver.intake.ipp import server_tls
from distserver.intake.ipp.certificate import make_key
from distserver.intake.ipp.server_tls import ServerTls
from distserver.settings import load_settings
from tests.support.certificate import write_certificate


@pytest.fixture(autouse=True)
def _looks_at_every_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_tls, "_LOOK_SECONDS", 0.0)


@pytest.fixture
def supplied(tmp_path: Path) -> Path:
    path = write_certificate(tmp_path / "given.pem")
    path.chmod(0o600)
    return path


def _make(home: Path, **environ: object) -> ServerTls:
    given = {f"DISTSERVER_{name.upper()}": str(value) for name, value in environ.items()}
    return ServerTls(load_settings(home, given)[0], ["print1-3fa9c2.local."])


def _shake(tls: ServerTls, client: ssl.SSLContext, name: str | None) -> ssl.SSLSocket:
    """One handshake of a client with a server on `tls.context`."""
    ours, theirs = socket.socketpair()
    failures: list[Exception] = []

    def serve() -> None:
        try:
            tls.context.wrap_socket(ours, server_side=True).close()
        except (OSError, ssl.SSLError) as error:
            failures.append(error)
            ours.close()

    thread = Thread(target=serve)
    thread.start()
    try:
        return client.wrap_socket(theirs, server_hostname=name)
    finally:
        thread.join(10)


def _serial(tls: ServerTls, name: str | None = "localhost") -> int:
    """Of the certificate that a client is shown who asks no further."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with _shake(tls, client, name) as connection:
        shown = connection.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "print1-3fa9c2.local"])
def test_a_client_that_trusts_the_servers_own_certificate_reaches_it_by_each_name(tmp_path: Path, name: str) -> None:
    tls = _make(tmp_path)
    client = ssl.create_default_context(cafile=tmp_path / "tls" / "server.crt")
    with _shake(tls, client, name) as connection:
        assert connection.version() in ("TLSv1.2", "TLSv1.3")


def test_another_start_shows_the_same_certificate(tmp_path: Path) -> None:
    assert _serial(_make(tmp_path)) == _serial(_make(tmp_path))


def test_older_versions_of_tls_are_refused(tmp_path: Path) -> None:
    assert _make(tmp_path).context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("name", ["localhost", None])
def test_a_new_pair_is_shown_from_the_next_handshake_on(supplied: Path, name: str | None) -> None:
    tls = _make(supplied.parent, tls_certificate=supplied)
    first = _serial(tls, name)
    assert _serial(tls, name) == first
    write_certificate(supplied)
    second = _serial(tls, name)
    assert second != first
    assert _serial(tls, name) == second


async def test_a_running_asyncio_server_shows_the_new_pair(supplied: Path) -> None:
    tls = _make(supplied.parent, tls_certificate=supplied)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=tls.context)
    port = server.sockets[0].getsockname()[1]
    shown = []
    for _ in range(2):
        client = ssl.create_default_context(cafile=supplied)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        shown.append(writer.get_extra_info("ssl_object").getpeercert()["serialNumber"])
        writer.close()
        write_certificate(supplied)
    assert shown[0] != shown[1]
    server.close()
    await server.wait_closed()


def test_a_broken_pair_is_told_once_and_the_old_one_stays(supplied: Path, caplog: pytest.LogCaptureFixture) -> None:
    tls = _make(supplied.parent, tls_certificate=supplied)
    first = _serial(tls)
    good = supplied.read_bytes()
    supplied.write_bytes(good[:300])
    assert [_serial(tls), _serial(tls)] == [first, first]
    supplied.unlink()
    assert [_serial(tls), _serial(tls)] == [first, first]
    told = [record for record in caplog.records if record.message == "tls-pair-refused"]
    assert len(told) == 2
    write_certificate(supplied).chmod(0o600)
    assert _serial(tls) != first


def test_our_own_is_renewed_before_its_end_while_the_server_runs(tmp_path: Path) -> None:
    clock = [time.time()]
    tls = ServerTls(load_settings(tmp_path, {})[0], clock=lambda: clock[0])
    first = _serial(tls)
    clock[0] += 700 * 86400
    assert _serial(tls) == first
    clock[0] += 100 * 86400
    assert _serial(tls) != first


def test_a_look_at_files_that_are_the_same_reads_nothing(supplied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = _make(supplied.parent, tls_certificate=supplied)
    monkeypatch.setattr(server_tls, "_load", lambda _: pytest.fail("it was read"))
    assert not tls.refresh()


def test_a_supplied_certificate_that_ends_soon_is_told(supplied: Path, caplog: pytest.LogCaptureFixture) -> None:
    _make(supplied.parent, tls_certificate=supplied)
    assert [record.message for record in caplog.records] == ["tls-certificate-ends"]


def _other_key() -> bytes:
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return make_key().private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)


def _locked_key() -> bytes:
    pem, locked = serialization.Encoding.PEM, serialization.BestAvailableEncryption(b"secret")
    return make_key().private_bytes(pem, serialization.PrivateFormat.PKCS8, locked)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key.pem"


def test_what_is_wrong_with_a_supplied_pair_is_told_with_the_mend(supplied: Path, key: Path) -> None:
    home = supplied.parent

    def told(data: bytes | None, mode: int = 0o600) -> str:
        key.unlink(missing_ok=True)
        if data is not None:
            key.write_bytes(data)
            key.chmod(mode)
        with pytest.raises(SetupError) as found:
            _make(home, tls_certificate=supplied, tls_key=key)
        return str(found.value)

    assert told(None) == f"the TLS key {key} cannot be read (No such file or directory): see tls_key"
    assert "is not the key of the certificate" in told(_other_key())
    assert "has a passphrase: write it without one" in told(_locked_key())
    assert "hold no certificate and key in PEM" in told(b"words")
    assert told(_other_key(), 0o644) == f"anybody may read the TLS key {key}: run `chmod 600 {key}`"
    with pytest.raises(SetupError, match="tls_key is set without tls_certificate"):
        _make(home, tls_key=key)
