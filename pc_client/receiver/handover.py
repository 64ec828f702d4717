"""Which session of the account a receiver belongs to, and how it hands over to that of a newer session.

A session may end without its programs, and leave a receiver whose windows and icon nobody sees any more.
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ADDRESS_FILE = "screen"
SHOW, HAND_OVER = "api/show", "api/hand-over"
_NAMES = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""The receiver is on this PC: a proxy of the environment is not to hear its key."""


def describe_session(environment: Mapping[str, str] = os.environ) -> str:
    """What windows and icon need; empty where there is no desktop, and on Windows, which ends a session's programs."""
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return ""
    return "\n".join(environment.get(name, "") for name in _NAMES)


def ask_receiver(home: Path, path: str, said: Mapping[str, str]) -> dict[str, Any]:
    """What the receiver of this home answers. Raises OSError, ValueError: none runs, or one without windows."""
    address, master = (home / ADDRESS_FILE).read_text(encoding="ascii").split()
    headers = {"X-Screen": "1", "Content-Type": "application/json", "Authorization": f"Bearer {master}"}
    asked = urllib.request.Request(f"{address}{path}", json.dumps(said).encode(), headers)  # noqa: S310 - our own address
    try:
        with _DIRECT.open(asked, timeout=10) as answer:
            told = json.load(answer)
    except http.client.HTTPException as error:
        raise _make_stranger() from error
    if not isinstance(told, dict):
        raise _make_stranger()
    return told


def _make_stranger() -> ConnectionError:
    """What a receiver leaves behind that was killed may lead to another program."""
    return ConnectionError("what answers there is no receiver")


def ask_to_hand_over(home: Path) -> bool:
    """Whether the receiver of this home ends now for that of this session: it is another session's."""
    session = describe_session()
    try:
        return bool(session) and ask_receiver(home, HAND_OVER, {"session": session})["ends"] is True
    except (OSError, ValueError, KeyError):
        return False
