"""`discard:NAME` takes everything and prints nothing: for trials, and the template of a new channel."""

from __future__ import annotations

from distserver.deliver.contract import Absent, Completed, DeliveryRequest, Outcome, Target, Unknown, Watch
from distserver.model.capabilities import Capabilities
from distserver.model.documents import INPUT_FORMATS


class DiscardChannel:
    """Counts the pages and throws them away."""

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """Every format is welcome."""
        return Capabilities(formats=INPUT_FORMATS, copies_max=999)

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Done at once."""
        return Completed(pages=request.rendition.pages * request.options.copies)

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Nothing is ever kept here, so nothing can come out twice."""
        return Absent()

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """There is nothing to follow: it was done at once."""
        return Completed(pages=request.rendition.pages * request.options.copies)

    async def close(self) -> None:
        """Nothing to give back."""
