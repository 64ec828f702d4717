"""The running server over its HTTP API, as the commands use it."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ValidationError

from distserver.cli.exits import ServerFault, Unreachable
from distserver.errors import (
    BadRequest,
    Conflict,
    DistserverError,
    Forbidden,
    LaterError,
    NoSpace,
    NotFound,
    NotSignedIn,
)
from distwire.api.form import Body

M = TypeVar("M", bound=BaseModel)
_TIMEOUT = 120.0
_ERRORS: dict[int, type[DistserverError]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: LaterError,
    503: LaterError,
    507: NoSpace,
}


class Client:
    """One server and one token. Each call is one request on a connection of its own."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        parts = urlsplit(self.url)
        self._secure = parts.scheme == "https"
        self._host, self._port, self._prefix = parts.hostname or "127.0.0.1", parts.port, parts.path

    def get(self, answer: type[M], path: str, **query: object) -> M:
        """Raises `Unreachable`, and what the server's problem says (`UserError`, `LaterError`, `ServerFault`)."""
        return _parse(answer, self.fetch("GET", path, query=query))

    def post(self, answer: type[M], path: str, body: Mapping[str, object] | None = None) -> M:
        """Errors as of `get`."""
        return _parse(answer, self.fetch("POST", path, body=_json_body(body)))

    def delete(self, answer: type[M], path: str, **query: object) -> M:
        """Errors as of `get`."""
        return _parse(answer, self.fetch("DELETE", path, query=query))

    def fetch(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """The bytes of a successful answer; errors as of `get`."""
        asked = {name: value for name, value in (query or {}).items() if value not in (None, ())}
        target = self._prefix + path + (f"?{urlencode(asked, doseq=True)}" if asked else "")
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **(headers or {})}
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=_TIMEOUT)
        try:
            status, data = _exchange(connection, method, target, sent, body)
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise Unreachable(
                f"the server at {self.url} does not answer ({why}): start it with `distserver serve`"
            ) from error
        finally:
            connection.close()
        if status >= 400:
            raise _to_error(status, data)
        return data


def path_of(*parts: str | int) -> str:
    """A path below /api/v1, each part quoted: group names may be in any script."""
    return "/api/v1/" + "/".join(quote(str(part), safe="") for part in parts)


def _exchange(
    connection: http.client.HTTPConnection, method: str, target: str, headers: dict[str, str], body: Body | None
) -> tuple[int, bytes]:
    if body is None:
        connection.request(method, target, headers=headers)
    else:
        headers["Content-Type"] = body.content_type
        if body.length is not None:
            headers["Content-Length"] = str(body.length)
        # A server that refuses an upload answers before it has read all: the answer says why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, target, body.chunks, headers, encode_chunked=body.length is None)
    response = connection.getresponse()
    return response.status, response.read()


def _json_body(value: Mapping[str, object] | None) -> Body | None:
    if value is None:
        return None
    data = json.dumps(value, ensure_ascii=False).encode()
    return Body([data], "application/json", len(data))


def _parse(answer: type[M], data: bytes) -> M:
    try:
        return answer.model_validate_json(data)
    except ValidationError as error:
        raise ServerFault("the server's answer is not understood: is it of another version than this command?") from (
            error
        )


def _to_error(status: int, data: bytes) -> DistserverError:
    try:
        problem: dict[str, Any] = json.loads(data)
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"the server answered with status {status}"
    if status in _ERRORS:
        return _ERRORS[status](detail)
    return BadRequest(detail) if status < 500 else ServerFault(detail)
