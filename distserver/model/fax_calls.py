"""Calls to fax numbers, as the log of calls keeps them (SPEC D15)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)([A-Z]{3})?")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class FaxCallRecord:
    """What one delivery has to tell of a call that has ended: `server` and its name of the `call`, the `number`
    (E.164), what the far end calls itself, how it was sent, what went wrong (empty: nothing). `seconds` is None where
    the server lets nobody read its log of the call; `rate` is what the option `cost=` said."""

    server: str
    call: str
    number: str
    pages: int
    seconds: int | None = None
    identity: str = ""
    traits: str = ""
    trouble: str = ""
    rate: str = ""


@dataclass(frozen=True, slots=True)
class FaxCallEntry:
    """A call in the log: of several deliveries that rode it, the pages together and the longest time."""

    at: float
    record: FaxCallRecord
    jobs: tuple[str, ...]

    @property
    def cost(self) -> str:
        """`12.40 JPY`; empty where there is no rate, or no time."""
        return count_cost(self.record.rate, self.record.seconds)


def is_rate(text: str) -> bool:
    """Whether it is an amount for a minute, with the currency (ISO 4217) behind it or without."""
    return _RATE.fullmatch(text) is not None


def count_cost(rate: str, seconds: int | None) -> str:
    """What a call of so many seconds costs, to the hundredth; empty where that is not known."""
    found = _RATE.fullmatch(rate)
    if found is None or seconds is None:
        return ""
    amount = (Decimal(found[1]) * seconds / 60).quantize(_CENT)
    return f"{amount} {found[2]}" if found[2] else str(amount)
