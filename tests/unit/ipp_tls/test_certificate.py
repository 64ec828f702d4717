"""The certificate that the server makes for itself (N7)."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from distserver.errors import SetupError
from distserver.intake.ipp.certificate import RENEWAL, Identity, ensure_own, find_identity

NOW = datetime.datetime(2026, 11, 27, tzinfo=datetime.UTC)
IDENTITY = Identity(
    ("print1.example.org", "print1", "localhost"),
    (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("192.0.2.7"), ipaddress.ip_address("2001:db8::7")),
)


def _read(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())


def test_it_says_what_clients_ask_for(tmp_path: Path) -> None:
    ends = ensure_own(tmp_path / "tls", IDENTITY, NOW)
    found = _read(tmp_path / "tls")
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == list(IDENTITY.hosts)
    assert names.get_values_for_type(x509.IPAddress) == list(IDENTITY.addresses)
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert ends == found.not_valid_after_utc
    assert found.not_valid_before_utc < NOW
    assert found.not_valid_after_utc - found.not_valid_before_utc < datetime.timedelta(days=825)


def test_the_key_is_for_the_owner_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    ensure_own(tmp_path / "tls", IDENTITY, NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes == {"server.key": 0o600, "server.crt": 0o644}
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_it_stays_as_long_as_it_is_good(tmp_path: Path) -> None:
    ends = ensure_own(tmp_path, IDENTITY, NOW)
    before = (tmp_path / "server.crt").read_bytes()
    assert ensure_own(tmp_path, IDENTITY, ends - RENEWAL - datetime.timedelta(seconds=1)) == ends
    ensure_own(tmp_path, replace(IDENTITY, addresses=IDENTITY.addresses[:2]), NOW)
    ensure_own(tmp_path, replace(IDENTITY, addresses=(*IDENTITY.addresses, ipaddress.ip_address("2001:db8::9"))), NOW)
    assert (tmp_path / "server.crt").read_bytes() == before


@pytest.mark.parametrize(
    ("identity", "days"),
    [
        (IDENTITY, 790),
        (IDENTITY, 3000),
        (IDENTITY, -30),
        (replace(IDENTITY, hosts=("print2", *IDENTITY.hosts)), 0),
        (replace(IDENTITY, addresses=(ipaddress.ip_address("192.0.2.8"),)), 0),
    ],
)
def test_it_is_renewed_before_its_end_and_for_new_names_with_the_same_key(
    tmp_path: Path, identity: Identity, days: int
) -> None:
    ensure_own(tmp_path, IDENTITY, NOW)
    before = _read(tmp_path)
    now = NOW + datetime.timedelta(days=days)
    ensure_own(tmp_path, identity, now)
    after = _read(tmp_path)
    assert after.serial_number != before.serial_number
    assert after.public_key() == before.public_key()
    assert after.not_valid_before_utc < now < after.not_valid_after_utc - RENEWAL


@pytest.mark.parametrize("file", ["server.key", "server.crt"])
@pytest.mark.parametrize("damage", [b"", b"-----BEGIN NOTHING-----", None])
def test_what_is_damaged_or_gone_is_made_anew(tmp_path: Path, file: str, damage: bytes | None) -> None:
    ensure_own(tmp_path, IDENTITY, NOW)
    (tmp_path / file).unlink()
    if damage is not None:
        (tmp_path / file).write_bytes(damage)
    ensure_own(tmp_path, IDENTITY, NOW)
    assert (tmp_path / file).read_bytes() != damage
    assert b"PRIVATE KEY" in (tmp_path / "server.key").read_bytes()


def test_a_folder_that_cannot_be_written_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="give the folder to the user"):
        ensure_own(tmp_path / "file" / "tls", IDENTITY, NOW)


def test_this_machine_is_known_by_name_and_address() -> None:
    found = find_identity(["print1-3fa9c2.local.", "営業"])
    assert "print1-3fa9c2.local" in found.hosts
    assert "localhost" in found.hosts
    assert "営業" not in found.hosts
    assert ipaddress.ip_address("127.0.0.1") in found.addresses


def test_openssl_takes_it_for_a_server_of_that_name(tmp_path: Path) -> None:
    """An independent eye on the fields."""
    ensure_own(tmp_path, IDENTITY, datetime.datetime.now(datetime.UTC))
    openssl, file = shutil.which("openssl"), str(tmp_path / "server.crt")
    assert openssl is not None
    command = [openssl, "verify", "-purpose", "sslserver", "-verify_hostname", "print1", "-CAfile", file, file]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() == f"{file}: OK"


def test_a_public_address_stands_among_the_addresses_and_not_the_names() -> None:
    found = find_identity(["192.0.2.7", "2001:db8::7", "print.example.org"])
    assert "print.example.org" in found.hosts
    assert "192.0.2.7" not in found.hosts
    assert {"192.0.2.7", "2001:db8::7"} <= {str(address) for address in found.addresses}
