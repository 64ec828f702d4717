"""TLS for ipps: clients: the certificate of the settings or the server's own, and the new one when it has changed."""

from __future__ import annotations

import datetime
import logging
import ssl
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from distserver.errors import SetupError
from distserver.intake.ipp import certificate
from distserver.settings import Settings

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
_OF_ANOTHER = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
SOON = datetime.timedelta(days=14)
"""Before the end of a certificate that somebody else renews: they are told."""

Signature = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key are; `key` may be the same file."""

    certificate: Path
    key: Path


class ServerTls:
    """`context` is for a server's sockets, for all its life: at each handshake it takes the certificate as it is then.

    The files are looked at with a new connection, once in five seconds at most: two calls of the system. What is
    broken then is told in the log once, and the pair that was read before stays. The server's own certificate is
    renewed in the same way, 30 days before its end. For one thread.
    """

    def __init__(
        self, settings: Settings, names: Iterable[str] = (), *, clock: Callable[[], float] = time.time
    ) -> None:
        """`names` are further host names for a certificate of our own. Raises `SetupError`, which says what to do."""
        self._clock = clock
        self._pair = find_pair(settings)
        self._own = settings.tls_certificate is None
        self._identity = certificate.find_identity(names) if self._own else None
        self._ends = self._ensure_own()
        self._signature = _sign(self._pair)
        self._refused: Signature | None = None
        self._told = ""
        self._current = _load(self._pair)
        self._looked = time.monotonic()
        self.context = self._current
        self.context.sni_callback = self._choose
        self._tell_end()

    @property
    def certificate(self) -> Path:
        """The file with the certificate."""
        return self._pair.certificate

    def refresh(self) -> bool:
        """Look at the files now; True when another pair is in use from now on. It raises nothing."""
        self._looked = time.monotonic()
        try:
            if self._own and self._now() >= self._ends - certificate.RENEWAL:
                self._ends = self._ensure_own()
            signature = _sign(self._pair)
            if signature in (self._signature, self._refused):
                return False
            self._refused = signature
            self._current = _load(self._pair)
        except SetupError as error:
            if str(error) != self._told:
                _log.warning("tls-pair-refused", {"error": str(error)})
            self._told = str(error)
            return False
        self._signature, self._refused, self._told = signature, None, ""
        _log.info("tls-pair-read", {"file": str(self._pair.certificate)})
        self._tell_end()
        return True

    def _choose(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """Called by OpenSSL in each handshake, with and without a name."""
        if time.monotonic() - self._looked >= _LOOK_SECONDS:
            self.refresh()
        if self._current is not context:
            connection.context = self._current

    def _ensure_own(self) -> datetime.datetime:
        if self._identity is None:
            return datetime.datetime.max.replace(tzinfo=datetime.UTC)
        return certificate.ensure_own(self._pair.certificate.parent, self._identity, self._now())

    def _now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self._clock(), datetime.UTC)

    def _tell_end(self) -> None:
        """A certificate of the settings is renewed by whoever gave it: they are told in time."""
        if self._own:
            return
        try:
            ends = x509.load_pem_x509_certificate(self._pair.certificate.read_bytes()).not_valid_after_utc
        except (OSError, ValueError):  # replaced in this very moment, or with odd contents that OpenSSL takes
            return
        if ends - self._now() < SOON:
            _log.warning("tls-certificate-ends", {"file": str(self._pair.certificate), "at": ends.isoformat()})


def find_pair(settings: Settings) -> Pair:
    """Where the pair is to be: that of the settings, or the server's own. Raises `SetupError`."""
    if settings.tls_certificate is None:
        if settings.tls_key is not None:
            raise SetupError("tls_key is set without tls_certificate: set both, or neither")
        folder = settings.home / "tls"
        return Pair(folder / certificate.CERTIFICATE, folder / certificate.KEY)
    return Pair(settings.tls_certificate, settings.tls_key or settings.tls_certificate)


def check_pair(pair: Pair) -> None:
    """Raises `SetupError` when a server could not use it, which says what to do."""
    _sign(pair)
    _load(pair)


def _sign(pair: Pair) -> Signature:
    """Changes with the files. Raises `SetupError` when one is missing or its key is for everybody."""
    found = []
    for path, name in ((pair.certificate, "certificate"), (pair.key, "key")):
        try:
            status = path.stat()
        except OSError as error:
            raise SetupError(f"the TLS {name} {path} cannot be read ({error.strerror}): see tls_{name}") from error
        found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    if status.st_mode & stat.S_IROTH:
        raise SetupError(f"anybody may read the TLS key {pair.key}: run `chmod 600 {pair.key}`")
    return tuple(found)


def _load(pair: Pair) -> ssl.SSLContext:
    """A context with this pair, whole. Raises `SetupError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    asked: list[bool] = []

    def refuse() -> str:
        asked.append(True)
        return "-"

    try:
        context.load_cert_chain(pair.certificate, pair.key, refuse)
    except ssl.SSLError as error:
        raise SetupError(_explain(pair, error, encrypted=bool(asked))) from error
    except OSError as error:
        raise SetupError(
            f"{pair.certificate} or {pair.key} cannot be read ({error.strerror}): let the server's user read them"
        ) from error
    return context


def _explain(pair: Pair, error: ssl.SSLError, *, encrypted: bool) -> str:
    if encrypted:
        return f"the TLS key {pair.key} has a passphrase: write it without one (`openssl pkey -in OLD -out NEW`)"
    if error.reason in _OF_ANOTHER:
        return f"{pair.key} is not the key of the certificate {pair.certificate}: set tls_certificate and tls_key alike"
    return (
        f"{pair.certificate} and {pair.key} hold no certificate and key in PEM ({error.reason or error}): convert them "
        "with `openssl`, the server's certificate first"
    )
