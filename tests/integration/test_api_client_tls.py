"""The client of the HTTP API over TLS that ends at nginx: who vouches for the server, and what is sent when nobody
does: nothing."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from distwire.api.client import ApiClient, DocumentFile
from distwire.api.exchange import Trust
from distwire.api.failures import Untrusted
from distwire.api.jobs import SubmissionForm
from tests.support.board import make_pdf
from tests.support.certificate import write_certificate
from tests.support.patience import wait_until
from tests.support.site import Site, run_site

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with run_site(tmp_path_factory.mktemp("tls")) as made:
        made.house.write_group("office", "discard:a; 支店")
        yield made


def _fingerprint(certificate: Path) -> str:
    text = certificate.read_text()
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :])).hexdigest()


def test_an_authority_or_a_fingerprint_vouches_for_the_server(site: Site, tmp_path: Path) -> None:
    token, certificate = site.house.server.local()["token"], site.nginx.certificate
    print_ = _fingerprint(certificate)
    colons = ":".join(print_[at : at + 2] for at in range(0, 64, 2)).upper()
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(make_pdf(1))
    form = SubmissionForm(group=["office.rec"], hold=True)
    for number, trust in enumerate((Trust(certificate), Trust(fingerprint=print_), Trust(fingerprint=colons))):
        client = ApiClient(site.board, token, trust)
        assert client.health().status == "ok"
        assert client.submit(form, [DocumentFile(paper)], f"key-{number}").counts.total == 1


def test_a_server_that_nobody_vouches_for_gets_nothing(site: Site, tmp_path: Path) -> None:
    token, other = site.house.server.local()["token"], write_certificate(tmp_path / "other.pem")
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("")
    strangers = (
        Trust(),
        Trust(other),
        Trust(nothing),
        Trust(tmp_path / "missing.pem"),
        Trust(fingerprint=_fingerprint(other)),
        Trust(fingerprint=hashlib.sha1(b"short", usedforsecurity=False).hexdigest()),
    )
    log = site.nginx.folder / "access.log"
    told = log.read_text().count("/api/v1/me")
    for trust in strangers:
        with pytest.raises(Untrusted) as refused:
            ApiClient(site.board, token, trust).me()
        assert not refused.value.begun
    ApiClient(site.board, token, Trust(site.nginx.certificate)).me()
    wait_until(lambda: log.read_text().count("/api/v1/me") > told)  # nginx writes after it has answered
    assert log.read_text().count("/api/v1/me") == told + 1
