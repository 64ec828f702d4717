"""An order that waits, and what it waits for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from distwire.api.base import format_time
from mfp_client.memory.records import Asker, StoredDocument


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why an order was not accepted. It is tried again at `until` (of the monotonic clock), never by itself when that
    is infinite; `of_all`: the server is away, and all orders wait for it; `facts` fill the blanks of other languages'
    sentences."""

    keyword: str
    words: str
    until: float
    of_all: bool = False
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """It stays as it is until somebody changes or withdraws the order."""
        return math.isinf(self.until)


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order of `user` ("" is the device) for a document; `to` as it was chosen."""

    key: str
    document: StoredDocument
    since: float
    user: str
    to: tuple[str, ...]
    title: str
    hindrance: Hindrance | None

    def may_change(self, asker: Asker) -> bool:
        """Whether somebody may see and withdraw it."""
        return asker.operator or asker.name == self.user or self.document.may_change(asker)

    def describe(self, asker: Asker) -> dict[str, Any]:
        """As JSON for a screen. `final`: the server has refused it; `mine`: the asker's own."""
        hindrance = self.hindrance
        return {
            "key": self.key,
            "id": str(self.document.id),
            "title": self.title,
            "since": format_time(datetime.fromtimestamp(self.since, UTC)),
            "to": list(self.to),
            "user": self.user,
            "mine": self.user == asker.name,
            "error": hindrance.keyword if hindrance else None,
            "words": hindrance.words if hindrance else "",
            "facts": hindrance.facts if hindrance else {},
            "final": hindrance is not None and hindrance.final,
        }
