"""Kinds of address that group files may hold already and that this version cannot deliver to."""

from __future__ import annotations

from distserver.deliver.contract import Absent, DeliveryRequest, Failed, Outcome, Target, Unknown, Watch
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.states import OutcomeKind, Reason

_WORDS = "this version of the server cannot deliver to this kind of address yet"


class AbsentChannel:
    """Ends every delivery with words that say so."""

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """Raises `DeliveryError`."""
        raise DeliveryError(_WORDS, OutcomeKind.REFUSED, Reason.CHANNEL_UNAVAILABLE)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Fails."""
        return Failed(Reason.CHANNEL_UNAVAILABLE, _WORDS)

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Nothing can have been sent."""
        return Absent()

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Fails."""
        return Failed(Reason.CHANNEL_UNAVAILABLE, _WORDS)

    async def close(self) -> None:
        """Nothing to give back."""
