"""Somebody at a server as processes: signed in to the board, or a program with the token of the machine."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request

from tests.support.server import Server


class Browser:
    """Somebody signed in to the board."""

    def __init__(self, server: Server) -> None:
        local = json.loads((server.home / "tokens" / "local.json").read_text())
        self._url, self._token = local["url"].rstrip("/"), local["token"]
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/sign-in")[1])
        assert token is not None
        password = (server.home / "tokens" / "admin-password").read_text().strip()
        form = urllib.parse.urlencode({"name": "admin", "password": password, "csrf_token": token[1]})
        self._opener.open(f"{self._url}/sign-in", form.encode(), timeout=60).read()

    def get(self, path: str, *, as_program: bool = False) -> tuple[int, str, str]:
        """Status, text and `Retry-After`; as a program with the local token."""
        headers = {"Authorization": f"Bearer {self._token}"} if as_program else {}
        request = urllib.request.Request(self._url + path, headers=headers)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return answer.status, answer.read().decode(), ""
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers.get("Retry-After", "")
