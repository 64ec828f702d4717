"""The web server that documents are fetched from: where it is, how it is asked, and by which token (SPEC N7)."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from distserver.errors import SetupError

_TOKEN = re.compile(r"[\x21-\x7e]{8,200}")


@dataclass(frozen=True, slots=True)
class Origin:
    """`base` is the path before `/api/v1`, empty for most; `token_file` is read anew for each request."""

    secure: bool
    host: str
    port: int | None
    base: str
    token_file: Path

    def ask(self, path: str, headers: dict[str, str], *, seconds: float) -> Exchange:
        """GET a path below the server's URL; `seconds` bounds each step, not the whole.

        Who an https server is is checked by the authorities that this machine's system knows. Raises `OSError` and
        `http.client.HTTPException` as they come, and `SetupError` when the token cannot be read.
        """
        token = read_token(self.token_file)
        connection = self._connect(seconds)
        try:
            shown = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity", **headers}
            connection.request("GET", f"{self.base}{path}", headers=shown)
            return Exchange(connection, connection.getresponse())
        except BaseException:
            connection.close()
            raise

    def _connect(self, seconds: float) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=seconds)
        return http.client.HTTPSConnection(self.host, self.port, timeout=seconds, context=ssl.create_default_context())


@dataclass(frozen=True, slots=True)
class Exchange:
    """A connection and the answer on it; closing it ends both."""

    connection: http.client.HTTPConnection
    answer: http.client.HTTPResponse

    def read_problem(self) -> tuple[str, str]:
        """(reason, detail) of an answer that tells an error; empty where it does not."""
        try:
            problem = json.loads(self.answer.read(1 << 16))
            return str(problem.get("reason") or ""), str(problem.get("detail") or "")
        except (ValueError, AttributeError):
            return "", ""

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()
        self.connection.close()


def parse_origin(url: str, token_file: Path | None) -> Origin:
    """The settings `documents_url` and `documents_token_file` as one. Raises `SetupError` when they do not serve."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SetupError(f"documents_url '{url}' is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise SetupError(f"documents_url '{url}' is none: write it as https://HOST or http://HOST:PORT")
    if token_file is None:
        raise SetupError(
            "documents_url is set, documents_token_file is not: have a token made on the web server "
            "(distserver token create MACHINE --role worker), write it to a file, and name the file"
        )
    read_token(token_file)
    return Origin(parts.scheme == "https", parts.hostname, port, parts.path.rstrip("/"), token_file)


def read_token(path: Path) -> str:
    """The token in a file that only its owner may read. Raises `SetupError`."""
    try:
        with path.open(encoding="ascii") as file:
            open_to = stat.S_IMODE(path.stat().st_mode) & 0o077
            token = file.read(1024).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"documents_token_file {path} cannot be read: {error}") from error
    if open_to:
        raise SetupError(f"others may read the token in {path}: chmod 600 {path}")
    if not _TOKEN.fullmatch(token):
        raise SetupError(f"there is no token in {path}: write what `distserver token create` printed there")
    return token
