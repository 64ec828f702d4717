"""eSCL over TLS: authorities, or the fingerprint of a certificate that a scanner made for itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from distwire.scan.choice import open_scanner
from distwire.scan.faults import BrokenAnswer
from tests.support.certificate import write_certificate
from tests.support.escl_device import EsclDevice, Sheet, run_escl_device
from tests.support.scanning import LIMITS, make_session


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return write_certificate(tmp_path / "scanner.pem")


@pytest.fixture
def device(certificate: Path) -> Iterator[EsclDevice]:
    with run_escl_device(certificate) as made:
        made.sheets = [Sheet()]
        yield made


def test_the_fingerprint_that_was_named_is_taken(device: EsclDevice, certificate: Path, tmp_path: Path) -> None:
    found = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()
    scanner = open_scanner(device.uri, fingerprint=found, limits=LIMITS)
    assert len(list(make_session(scanner, tmp_path / "scan").run())) == 1


def test_another_fingerprint_is_refused(device: EsclDevice) -> None:
    with pytest.raises(BrokenAnswer, match="another certificate than the one that was named"):
        open_scanner(device.uri, fingerprint="00" * 32, limits=LIMITS).describe()


def test_without_one_authorities_have_to_vouch(device: EsclDevice) -> None:
    with pytest.raises(BrokenAnswer, match="no authority vouches for"):
        open_scanner(device.uri, limits=LIMITS).describe()
    assert device.asked == []
