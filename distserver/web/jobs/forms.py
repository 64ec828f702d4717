"""What a person chose on the pages of jobs: which rows to see, and which deliveries an operation concerns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from distserver.errors import BadRequest
from distserver.model.jobs import DeliveryView
from distserver.model.states import DeliveryState
from distserver.report import words


class Show(StrEnum):
    """Which deliveries of a job are shown."""

    ALL = "all"
    ATTENTION = "attention"
    FAILED = "failed"
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    CANCELED = "canceled"


STATES: dict[Show, tuple[DeliveryState, ...]] = {
    Show.ALL: tuple(DeliveryState),
    Show.ATTENTION: (DeliveryState.PROCESSING,),
    Show.FAILED: (DeliveryState.ABORTED,),
    Show.WAITING: (DeliveryState.PENDING, DeliveryState.PENDING_RETRY),
    Show.ACTIVE: (DeliveryState.PROCESSING,),
    Show.DONE: (DeliveryState.COMPLETED,),
    Show.CANCELED: (DeliveryState.CANCELED,),
}


_BY_DEVICE = {Show.ATTENTION: True, Show.ACTIVE: False}
"""Of those under way: whether the device waits for somebody."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of a job's page: a state, a text that name or address contains, and a page from 1."""

    show: Show = Show.ALL
    search: str = ""
    page: int = 1

    @property
    def everything(self) -> bool:
        """True when nothing is left out."""
        return self.show is Show.ALL and not self.search

    def matches(self, delivery: DeliveryView) -> bool:
        """Whether the delivery is among what was chosen, on whatever page."""
        if delivery.state not in STATES[self.show]:
            return False
        if self.show in _BY_DEVICE and words.needs_attention(delivery) is not _BY_DEVICE[self.show]:
            return False
        wanted = self.search.casefold()
        return not wanted or wanted in delivery.name.casefold() or wanted in delivery.address.casefold()


def read_choice(args: MultiDict[str, str]) -> Choice:
    """From the query; what is not understood is left out."""
    show = args.get("show", "")
    page = args.get("page", "")
    return Choice(
        Show(show) if show in set(Show) else Show.ALL,
        args.get("q", "").strip()[:200],
        int(page) if page.isdecimal() and 0 < int(page) < 1_000_000 else 1,
    )


def read_numbers(form: MultiDict[str, str]) -> list[int] | None:
    """The deliveries that an operation concerns; None for all. Raises `BadRequest`."""
    texts = form.getlist("number")
    if not texts:
        return None
    if not all(text.isdecimal() for text in texts):
        raise BadRequest("the number of a delivery is a whole number")
    return [int(text) for text in texts]
