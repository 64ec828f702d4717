"""What the ends of attempts add to the counters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distserver.model.counting import DELIVERIES_ENDED, DELIVERY_TIME, RETRIES, Tally, name_reason
from distserver.model.jobs import Claimed
from distserver.model.states import DeliveryState, OutcomeKind


def count_end(tally: Tally, claimed: Claimed, values: dict[str, Any], tried: OutcomeKind | None) -> None:
    """Count an attempt that has ended: the columns that are written of its delivery, and the kind of its failure."""
    state, channel = DeliveryState(values["state"]), claimed.destination.address.channel
    if state is DeliveryState.PENDING_RETRY and tried is not None:
        tally.count(RETRIES, tried, channel)
    if not state.ended:
        return
    tally.count(DELIVERIES_ENDED, state, name_reason(values["reason"]), channel)
    if state is DeliveryState.COMPLETED:
        tally.observe(DELIVERY_TIME, values["ended"] - claimed.since, claimed.priority)


def count_group(state: DeliveryState, reasons: Mapping[tuple[str, str], int]) -> Tally:
    """Count deliveries that all ended in `state` at once, without an attempt: (channel, reason) → how many."""
    tally = Tally()
    for (channel, reason), many in reasons.items():
        tally.count(DELIVERIES_ENDED, state, name_reason(reason), channel, by=many)
    return tally
