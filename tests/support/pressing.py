"""A client that does not give up: it sends the same job with the same key until the server has taken it (N4)."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.server import Server

_BOUNDARY = "a-boundary-of-the-tests"
_PATIENCE_SECONDS = 300.0
_ANSWER_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


def press(
    server: Server,
    document: Path,
    key: str,
    fields: Mapping[str, str],
    *,
    patience: float | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> str:
    """Submit until it is accepted; answers the job's id. `meanwhile` runs between tries. Raises `AssertionError` when
    it is not accepted in time."""
    body = _encode(document, fields)
    until = time.monotonic() + (patience or _PATIENCE_SECONDS)
    while True:
        try:
            status, text = _post(server, body, key)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, text = 0, repr(error)
        if status == 201:
            return str(json.loads(text)["id"])
        assert time.monotonic() < until, f"never accepted: {status} {text}"
        meanwhile()
        time.sleep(_PAUSE_SECONDS)


def _post(server: Server, body: bytes, key: str) -> tuple[int, str]:
    local = json.loads((server.home / "tokens" / "local.json").read_text())
    headers = {
        "Authorization": f"Bearer {local['token']}",
        "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
        "Idempotency-Key": key,
    }
    connection = http.client.HTTPConnection(urlsplit(local["url"]).netloc, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", "/api/v1/jobs", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _encode(document: Path, fields: Mapping[str, str]) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="{document.name}"\r\n'
    head += "Content-Type: application/pdf\r\n\r\n"
    return b"".join((*parts, head.encode(), document.read_bytes(), f"\r\n--{_BOUNDARY}--\r\n".encode()))
