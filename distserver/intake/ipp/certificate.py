"""The certificate that the server makes for itself, so that ipps: works from the first start on.

What Windows, macOS, iOS and CUPS take: RSA 2048 with SHA-256, the names among the alternative ones, for servers alone,
valid for no more than 825 days. It vouches for itself: clients show or pin it the first time.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from distserver.errors import SetupError
from distserver.intake.ipp.announcement.reach import IP, list_places

CERTIFICATE, KEY = "server.crt", "server.key"
LIFETIME = datetime.timedelta(days=820)
RENEWAL = datetime.timedelta(days=30)
"""Before its end, for who shows the new one to people."""

_SKEW = datetime.timedelta(days=1)
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\Z")
_LONGEST_CN = 64


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server is reached by: host names, the most official first, and addresses."""

    hosts: tuple[str, ...]
    addresses: tuple[IP, ...]


def find_identity(more: Iterable[str] = ()) -> Identity:
    """This machine's names, localhost, its addresses, and the names and addresses in `more`, such as that of its
    announcements.

    It may ask a name server: not for an event loop.
    """
    short = socket.gethostname().partition(".")[0]
    named = [socket.getfqdn(), socket.gethostname(), short, f"{short}.local", *more, "localhost"]
    told = {name: address for name in named if (address := _read_address(name)) is not None}
    hosts = dict.fromkeys(
        name.rstrip(".").lower() for name in named if name not in told and _HOST.match(name.rstrip("."))
    )
    fixed = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    found = [place.address for place in list_places() if not place.address.is_link_local]
    return Identity(tuple(hosts), tuple(dict.fromkeys([*fixed, *found, *told.values()])))


def _read_address(name: str) -> IP | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def make_key() -> rsa.RSAPrivateKey:
    """A new private key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def make_certificate(key: rsa.RSAPrivateKey, identity: Identity, now: datetime.datetime) -> x509.Certificate:
    """A certificate of `key` for these names and addresses, from a day before `now` on, for clocks that are behind."""
    common = next((host for host in identity.hosts if len(host) <= _LONGEST_CN), "distserver")
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Distserver")]
    )
    public = key.public_key()
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    alternatives: list[x509.GeneralName] = [x509.DNSName(host) for host in identity.hosts]
    alternatives += [x509.IPAddress(address) for address in identity.addresses]
    return (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now - _SKEW + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def ensure_own(folder: Path, identity: Identity, now: datetime.datetime) -> datetime.datetime:
    """Have a certificate and its key in `folder`, for `identity`, with time left; when it ends.

    A renewed certificate keeps its key. Raises `SetupError` when the folder cannot be written.
    """
    try:
        key = _read_key(folder / KEY)
        old = None if key is None else _read_certificate(folder / CERTIFICATE)
        if key is not None and old is not None and _is_good(old, key, identity, now):
            return old.not_valid_after_utc
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if key is None:
            key = make_key()
            (folder / CERTIFICATE).unlink(missing_ok=True)  # never a certificate beside another key
            _write(folder / KEY, _dump_key(key), 0o600)
        new = make_certificate(key, identity, now)
        _write(folder / CERTIFICATE, new.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise SetupError(
            f"the certificate of the server cannot be kept in {folder} ({error.strerror or error}): give the folder to "
            "the user that the server runs as, or set tls_certificate and tls_key"
        ) from error
    return new.not_valid_after_utc


def _is_good(old: x509.Certificate, key: rsa.RSAPrivateKey, identity: Identity, now: datetime.datetime) -> bool:
    """It is of this key, valid for long enough, and names all hosts and IPv4 addresses; those of IPv6 come and go."""
    if old.public_key() != key.public_key() or not old.not_valid_before_utc <= now < old.not_valid_after_utc - RENEWAL:
        return False
    try:
        names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    known = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
    return known >= {*identity.hosts, *(str(one) for one in identity.addresses if one.version == 4)}


def _read_key(path: Path) -> rsa.RSAPrivateKey | None:
    """None when there is none of use. Raises `OSError` when it may not be read: it is not replaced then."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def _read_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _dump_key(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    """The whole file or nothing, never readable by more than `mode` says."""
    passing = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)
