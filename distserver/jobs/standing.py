"""How a claimed delivery stands with the worker that carries it, and its row as it will next be written."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from distserver.model.counting import Tally
from distserver.model.fax_calls import FaxCallRecord
from distserver.model.jobs import Claimed
from distserver.model.lanes import LaneNews
from distserver.model.states import DeliveryState, Evidence, OutcomeKind, Queue, Reason
from distserver.store import rows

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(slots=True)
class Standing:
    """A claimed delivery between its claim and its outcome. `carrier` is the task that carries it, `tally` what is
    counted with its outcome, `call` the telephone call that was it, `waiters` are told when it is on the disk;
    `untried`: what looked like an attempt was none, and does not count."""

    claimed: Claimed
    state: DeliveryState = DeliveryState.PROCESSING
    evidence: Evidence = Evidence.NONE
    reason: str = Reason.CONNECTING.value
    message: str = ""
    device_reasons: tuple[str, ...] = ()
    remote_id: str | None = None
    pages: int | None = None
    pages_total: int = 0
    rendition: str = ""
    owner: str = ""
    due: float = 0.0
    uncertain: bool = False
    accepted: bool = False
    resent: bool = False
    fresh_name: bool = False
    untried: bool = False
    let_go: bool = False
    outcome: str = ""
    tried: OutcomeKind | None = None
    news: LaneNews | None = None
    started: float = 0.0
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: list[asyncio.Future[bool]] = field(default_factory=list)
    carrier: asyncio.Task[None] | None = None
    tally: Tally | None = None
    call: FaxCallRecord | None = None

    def values(self, now: float) -> dict[str, Any]:
        """Columns of `ds_delivery`."""
        ended = self.state.ended
        tries = dict(self.claimed.tries)
        if self.tried is not None:
            tries[self.tried] = tries.get(self.tried, 0) + 1
        return {
            "key": self.claimed.key,
            "state": self.state,
            "queue": Queue.TIMED if self.let_go and not ended else Queue.NONE,
            "evidence": self.evidence,
            "reason": readable(self.reason)[:80],
            "message": readable(self.message)[:2000],
            "device_reasons": readable(" ".join(self.device_reasons))[:500],
            "remote_id": None if self.remote_id is None else storable(self.remote_id),
            "attempts": self.claimed.attempt - (1 if self.untried else 0),
            "pages": self.pages,
            "pages_total": self.pages_total,
            "rendition": self.rendition,
            "due": self.due,
            "uncertain": self.uncertain,
            "accepted": self.accepted,
            "resent": self.resent,
            "tries": rows.tries_to_text(tries),
            "generation": _generation(self.claimed.id) + (1 if self.fresh_name else 0),
            "owner": None if self.let_go else self.owner,
            "ended": now if ended else None,
            "updated": now,
        }


def storable(text: str) -> str:
    """What a device said, without what a database refuses: NUL (PostgreSQL) and halves of surrogate pairs (both)."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def readable(text: str) -> str:
    """What a device said, storable and fit to be shown: a terminal does what control characters tell it."""
    return _CONTROL.sub(" ", storable(text))


def _generation(name: str) -> int:
    return int(name.rpartition(".")[2]) if "." in name else 0
