"""The IPP client over real sockets: connections, credentials, TLS, and what must not be repeated."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from distwire.ipp import Operation, attribute, connection, encode_message, make_message
from distwire.ipp import values as v
from distwire.ipp.client import DocumentFile, Endpoint, IppClient
from distwire.ipp.endpoint import Patience, format_authority
from distwire.ipp.failures import (
    CertificateRefused,
    ConnectionLost,
    HttpRefused,
    NotIpp,
    PinMismatch,
    TimedOut,
    Unreachable,
)
from tests.support.fake_printer import FakePrinter
from tests.support.ippeveprinter import find_port

JOB = [attribute("requesting-user-name", v.name("me")), attribute("job-name", v.name("n"))]


@pytest.fixture
async def client() -> AsyncIterator[IppClient]:
    client = IppClient(max_response=100_000)
    yield client
    await client.close()


async def test_one_connection_carries_many_requests(printer: FakePrinter, client: IppClient) -> None:
    for _ in range(5):
        assert (await client.get_printer_attributes(Endpoint(printer.uri))).ok
    assert printer.connections == 1


async def test_chunked_document_arrives(printer: FakePrinter, client: IppClient, tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(bytes(range(256)) * 4000)
    await client.print_job(Endpoint(printer.uri), JOB, [], DocumentFile(path, None))
    assert printer.printed == [path.read_bytes()]
    assert printer.headers[-1]["transfer-encoding"] == "chunked"
    assert printer.headers[-1]["expect"] == "100-continue"


async def test_dead_kept_connection_is_replaced_where_it_does_no_harm(printer: FakePrinter, client: IppClient) -> None:
    endpoint = Endpoint(printer.uri)
    printer.drop_kept = True
    for _ in range(2):
        assert (await client.get_printer_attributes(endpoint)).ok
    assert printer.connections == 2
    with pytest.raises(ConnectionLost) as caught:
        await client.create_job(endpoint, JOB, [])
    assert caught.value.begun
    assert printer.codes().count(Operation.CREATE_JOB) == 0


@pytest.mark.parametrize(
    "challenge",
    [
        'Basic realm="printer"',
        'Digest realm="printer", nonce="abc", qop="auth", algorithm=SHA-256',
        'Digest realm="printer", nonce="abc", qop="auth"',
    ],
)
async def test_credentials_are_sent_when_asked(printer: FakePrinter, client: IppClient, challenge: str) -> None:
    printer.challenge = challenge
    with pytest.raises(HttpRefused) as caught:
        await client.get_printer_attributes(Endpoint(printer.uri))
    assert caught.value.status == 401
    assert (await client.get_printer_attributes(Endpoint(printer.uri, user="u", secret="s"))).ok
    assert printer.headers[-1]["authorization"].startswith(challenge.split(maxsplit=1)[0])


async def test_answer_beyond_the_limit_is_refused(printer: FakePrinter, client: IppClient) -> None:
    printer.answer = ("application/ipp", b"x" * 200_000)
    with pytest.raises(NotIpp):
        await client.get_printer_attributes(Endpoint(printer.uri))


async def test_an_answer_that_never_ends_ends(client: IppClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """N4: a byte now and then is no silence, and yet no delivery may hang on it."""
    monkeypatch.setattr(connection, "_ANSWER_SECONDS", 0.5)
    left = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 90000\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(90_000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.transport.abort()
        left.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    uri = f"ipp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    with pytest.raises(TimedOut):
        await asyncio.wait_for(client.get_printer_attributes(Endpoint(uri)), 60)
    await asyncio.wait_for(left.wait(), 30)
    server.close()


async def test_silence_ends(client: IppClient) -> None:
    ended = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.transport.abort()
        ended.set()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    uri = f"ipp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    with pytest.raises(TimedOut):
        await client.get_printer_attributes(Endpoint(uri, patience=Patience(30, 0.2, 30)))
    await asyncio.wait_for(ended.wait(), 30)
    server.close()


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", b""])
async def test_broken_http(client: IppClient, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with pytest.raises((NotIpp, ConnectionLost)):
        await client.get_printer_attributes(Endpoint(f"ipp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
    server.close()


@pytest.mark.parametrize("uri", ["http://h/", "ipp:///x", "ipp://h:99999/", "ipp://[::1", "ipp://nowhere.invalid/"])
async def test_addresses_that_lead_nowhere(client: IppClient, uri: str) -> None:
    with pytest.raises(Unreachable):
        await client.get_printer_attributes(Endpoint(uri))


def test_ipv6_has_brackets_in_the_host_header() -> None:
    assert format_authority(Endpoint("ipp://[fe80::1]/ipp/print").origin) == "[fe80::1]:631"
    assert Endpoint("ipps://h:8631/a?b=c").path == "/a?b=c"


def make_certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "printer")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
    certificate = builder.not_valid_after(now + datetime.timedelta(days=9)).sign(key, hashes.SHA256())
    pem = folder / f"{certificate.serial_number}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_certificates(client: IppClient, tmp_path: Path) -> None:
    """Verified by default; pinned at first sight and told; another certificate later is an error of its own."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = encode_message(make_message(0, 1))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await writer.drain()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=make_certificate(tmp_path))
    uri = f"ipps://127.0.0.1:{server.sockets[0].getsockname()[1]}/ipp/print"
    pins: list[str] = []
    with pytest.raises(CertificateRefused):
        await client.get_printer_attributes(Endpoint(uri))
    assert (await client.get_printer_attributes(Endpoint(uri, tls="none"))).ok
    assert (await client.get_printer_attributes(Endpoint(uri, tls="pin", on_pin=pins.append))).ok
    assert len(pins) == 1
    assert len(pins[0]) == 64
    assert (await client.get_printer_attributes(Endpoint(uri, tls="pin", pinned=pins[0]))).ok
    with pytest.raises(PinMismatch):
        await client.get_printer_attributes(Endpoint(uri, tls="pin", pinned="0" * 64))
    server.close()


async def test_refused_connection_is_told_plainly(client: IppClient) -> None:
    port = find_port()
    with pytest.raises(Unreachable) as told:
        await client.get_printer_attributes(Endpoint(f"ipp://127.0.0.1:{port}/ipp/print"))
    assert str(told.value) == f"127.0.0.1:{port} refused the connection"


async def test_unknown_host_is_told_plainly(client: IppClient) -> None:
    with pytest.raises(Unreachable, match=r"^no host is called nowhere\.invalid: "):
        await client.get_printer_attributes(Endpoint("ipp://nowhere.invalid/ipp/print"))
