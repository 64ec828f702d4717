"""TLS towards printers: checked against authorities, pinned at first sight, or not checked at all."""

from __future__ import annotations

import hashlib
import ssl
from functools import lru_cache

from distwire.ipp.failures import CertificateRefused, PinMismatch

VERIFY = "verify"
PIN = "pin"
NONE = "none"


@lru_cache(maxsize=8)
def make_context(mode: str, authorities: str | None = None) -> ssl.SSLContext:
    """A context for one of the three modes; `authorities` is a file of certificates to trust instead of the system's.

    Printers make their own certificates, often with short keys: where no authority vouches anyway (`pin`, `none`), such
    keys are taken, but nothing below TLS 1.2.
    """
    if mode == VERIFY:
        return ssl.create_default_context(cafile=authorities)
    if mode not in (PIN, NONE):
        raise CertificateRefused(f"'{mode}' is no way to check a certificate: use verify, pin or none")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DEFAULT@SECLEVEL=1")
    return context


def check_pin(certificate: bytes | None, pinned: str | None) -> str:
    """Fingerprint (SHA-256, hex) of a DER certificate. Raises `PinMismatch` when it is not the pinned one."""
    if not certificate:
        raise CertificateRefused("the device showed no certificate")
    found = hashlib.sha256(certificate).hexdigest()
    expected = (pinned or found).replace(":", "").lower()
    if found != expected:
        raise PinMismatch(expected, found)
    return found
