"""CUPS queues: `cups:QUEUE` and `cups:QUEUE@HOST` (SPEC D11, D15).

CUPS speaks IPP: what is done with a job is what is done with any IPP job, only the requests go through libcups. pycups
is an optional part: without it every delivery ends with words that say what to install.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from distserver.deliver.channels.cups_place import find_place
from distserver.deliver.contract import (
    Absent,
    Channel,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Target,
    Unknown,
    Watch,
)
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF, PWG_RASTER, URF
from distserver.model.states import OutcomeKind, Reason

if TYPE_CHECKING:
    from distserver.deliver.channels.cups_client import CupsClient

LACKING = (
    "CUPS queues need pycups, which is not installed: `pip install -r deploy/requirements-cups.txt` "
    "(on Debian after `apt-get install gcc libc6-dev libcups2-dev python3-dev`), or give the printer's ipp:// address"
)

# What a queue takes without loss. CUPS would take images too, but prints only the first page of a TIFF.
_FORMATS = (PDF, PWG_RASTER, URF)


class CupsChannel:
    """Delivers to queues of CUPS servers; threads and connections live as long as the channel.

    `speak` makes the channel that knows IPP's jobs, with our client of libcups in the place of its own.
    """

    def __init__(self, speak: Callable[[CupsClient], Channel]) -> None:
        self._inner = _make_inner(speak)

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """What the queue takes. Raises `DeliveryError`."""
        if self._inner is None:
            raise DeliveryError(LACKING, OutcomeKind.REFUSED, Reason.CHANNEL_UNAVAILABLE)
        told = await self._inner.describe(_locate(target))
        return replace(told, formats=tuple(each for each in _FORMATS if each in told.formats) or (PDF,))

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Create-Job and Send-Document, and stay with the CUPS job to its end."""
        if self._inner is None:
            return Failed(Reason.CHANNEL_UNAVAILABLE, LACKING)
        return await self._inner.deliver(_relocate(request), watch)

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Look for the job by its id, else by the name in its title."""
        if self._inner is None:
            return Unknown(LACKING)
        return await self._inner.adopt(_relocate(request), watch)

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Stay with the CUPS job `request.remote_id`."""
        if self._inner is None:
            return Deferred(OutcomeKind.OURS, Reason.CHANNEL_UNAVAILABLE, LACKING)
        return await self._inner.follow(_relocate(request), watch)

    async def close(self) -> None:
        """End the threads."""
        if self._inner is not None:
            await self._inner.close()


def _make_inner(speak: Callable[[CupsClient], Channel]) -> Channel | None:
    try:
        from distserver.deliver.channels.cups_client import CupsClient
    except ModuleNotFoundError as error:
        if error.name != "cups":
            raise
        return None
    return speak(CupsClient())


def _locate(target: Target) -> Target:
    place = find_place(target.address.uri, target.options)
    return replace(target, address=replace(target.address, uri=place.to_uri()))


def _relocate(request: DeliveryRequest) -> DeliveryRequest:
    return replace(request, target=_locate(request.target))
