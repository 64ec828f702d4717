"""What the tray and the desktop's notices say, in the language of the session: English or Japanese."""

from __future__ import annotations

import locale
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which GNU gettext asks them


@dataclass(frozen=True, slots=True)
class Words:
    """`come` is told how many documents have come, `details` sender and pages of one."""

    come: Callable[[int], str]
    details: Callable[[str, int], str]
    inbox: Callable[[str, int], str]
    open_inbox: str
    quiet_hour: str
    end: str


ENGLISH = Words(
    come=lambda count: "A document has come" if count == 1 else f"{count} documents have come",
    details=lambda sender, pages: f"from {sender}, {pages} {'page' if pages == 1 else 'pages'}",
    inbox=lambda name, unread: f"Inbox of {name}: {unread} new" if unread else f"Inbox of {name}",
    open_inbox="Open the inbox",
    quiet_hour="Do not disturb for 1 hour",
    end="End receiving",
)
JAPANESE = Words(
    come=lambda count: "文書が届きました" if count == 1 else f"文書が {count} 件届きました",
    details=lambda sender, pages: f"送信者: {sender}、{pages} ページ",
    inbox=lambda name, unread: f"{name} の受信箱: 未読 {unread} 件" if unread else f"{name} の受信箱",
    open_inbox="受信箱を開く",
    quiet_hour="1 時間通知しない",
    end="受信を終了",
)


def choose_words(environment: Mapping[str, str] = os.environ) -> Words:
    """By what the environment says, else the system's locale (on Windows)."""
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    language = said or (locale.getlocale()[0] or "")
    return JAPANESE if language.lower().startswith("ja") else ENGLISH
