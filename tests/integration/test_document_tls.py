"""Documents travel encrypted, and only from a server whose certificate the system trusts (N7)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from distserver.errors import StoreUnavailable
from distserver.model.accounts import Role
from tests.support.api import Api
from tests.support.certificate import write_certificate
from tests.support.depot import is_whole, make_bytes, open_fetcher, write_token
from tests.support.serving import serving

DATA = make_bytes(400_000)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    made = Api(tmp_path / "server")
    yield made
    made.close()


def test_only_a_trusted_server_is_believed(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with api.services.spool.receive(limit=len(DATA)) as upload:
        upload.write(DATA)
        upload.finish()
        digest = upload.keep()
    certificate = write_certificate(tmp_path / "print1.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = make_server("127.0.0.1", 0, api.app, threaded=True, ssl_context=context)
    with serving(server, "documents"):
        token = write_token(tmp_path / "token", api.tokens[Role.WORKER])
        fetcher = open_fetcher(tmp_path / "worker", f"https://127.0.0.1:{server.server_port}", token)
        with pytest.raises(StoreUnavailable, match="certificate is not trusted"):
            fetcher.fetch(digest, len(DATA))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        fetcher.fetch(digest, len(DATA))
    assert is_whole(tmp_path / "worker", DATA)
