"""Fax numbers: `tel:+81…`, over HylaFAX servers (SPEC D11, D15).

HylaFAX makes one call for a job and says what became of it; whether and when there is another call is decided here,
and the next one begins with the first page that the far end has not confirmed. See docs/reference/fax.md.
"""

from __future__ import annotations

import time
from dataclasses import replace

from distserver.deliver.channels.fax_call import FaxCall, find_surely
from distserver.deliver.channels.fax_options import FaxWay, read_way
from distserver.deliver.channels.fax_place import FaxPlace, read_made, read_place
from distserver.deliver.channels.fax_server import FaxServer
from distserver.deliver.channels.fax_words import explain_server
from distserver.deliver.contract import (
    Absent,
    Canceled,
    Deferred,
    DeliveryRequest,
    Failed,
    Outcome,
    Progress,
    Target,
    Unknown,
    Watch,
)
from distserver.errors import DeliveryError
from distserver.model.capabilities import Capabilities
from distserver.model.documents import TIFF_F
from distserver.model.states import OutcomeKind, Reason
from distwire.hylafax import HylaFaxError, HylaFaxRefused, JobView, Login

_RESOLUTIONS = ((204, 98), (204, 196), (204, 391))
"""What HylaFAX can send as it comes; it would turn pages of 300 or 400 dots per inch into these, through PostScript."""
KEPT_SECONDS = 840.0
"""A job that has ended is in its server's lists for a quarter of an hour (faxqclean -j); this is a minute less."""
_PAPER = {
    "iso_a4_210x297mm": (21000, 29700),
    "jis_b4_257x364mm": (25700, 36400),
    "iso_a3_297x420mm": (29700, 42000),
}


class FaxChannel:
    """Delivers to numbers. Keeps two sessions with each server, and nothing else."""

    def __init__(self) -> None:
        self._servers: dict[Login, FaxServer] = {}

    async def describe(self, target: Target, known: Capabilities | None = None) -> Capabilities:
        """What every fax can, and that one of the number's servers answers. Raises `DeliveryError`."""
        await self._find_server(read_way(target))
        return Capabilities(
            formats=(TIFF_F,),
            resolutions=_RESOLUTIONS,
            color=False,
            media=tuple(_PAPER),
            media_default="iso_a4_210x297mm",
            media_sizes=dict(_PAPER),
        )

    async def deliver(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Bring what is missing to the first server that answers, and stay with its call."""
        place = read_place(request.remote_id).between
        if watch.canceled.is_set():
            return Canceled(place.done)
        try:
            way = read_way(request.target)
            server = await self._find_server(way)
        except DeliveryError as error:
            return _explain(error, place)
        call = FaxCall(server, way, request, watch, place)
        if place.done:
            watch.progress(Progress(str(place), place.done))
        try:
            return await call.send()
        except HylaFaxError as error:
            return _judge_break(call, error)

    async def adopt(self, request: DeliveryRequest, watch: Watch) -> Outcome | Absent | Unknown:
        """Look for the job of this call where it was made, else for the last one at every server; go on with it.

        A call that failed is over: `Absent`, with the pages that it brought.
        """
        place = read_place(request.remote_id)
        try:
            way = read_way(request.target)
        except DeliveryError as error:
            return Deferred(error.kind, error.reason, str(error))
        meant = [login for login in way.servers if place.server in (None, login.place)]
        if not meant:
            return Unknown(f"its line names the fax server {place.server} no more, which may have it")
        silent: Deferred | None = None
        for server in map(self._get_server, meant):
            try:
                found = await self._ask(server, way, request, watch, place)
            except HylaFaxError as error:
                silent = explain_server(error)
                continue
            if found is not None:
                return found
        if silent is not None:
            return silent
        return Absent(str(place.between))

    async def follow(self, request: DeliveryRequest, watch: Watch) -> Outcome:
        """Stay with the job `request.remote_id`."""
        place = read_place(request.remote_id)
        lost = Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN, "the fax server does not know the job any more")
        try:
            way = read_way(request.target)
            login = next((one for one in way.servers if one.place == place.server), None)
            if login is None or place.job is None:
                return lost
            return await FaxCall(self._get_server(login), way, request, watch, place).follow() or lost
        except DeliveryError as error:
            return Deferred(error.kind, error.reason, str(error))
        except HylaFaxError as error:
            return explain_server(error)

    async def close(self) -> None:
        """End the sessions."""
        for server in self._servers.values():
            await server.close()

    async def _ask(
        self, server: FaxServer, way: FaxWay, request: DeliveryRequest, watch: Watch, place: FaxPlace
    ) -> Outcome | Absent | Unknown | None:
        """None when this server does not know the delivery."""
        job = await find_surely(server, lambda job: _belongs(job, request, place))
        if job is None:
            return await _judge_absence(server, request, place)
        there = replace(place, server=server.name, job=job.id, made=read_made(job.tag))
        call = FaxCall(server, way, request, watch, there)
        outcome = await call.follow()
        if isinstance(outcome, Deferred) and outcome.kept is not None:
            return Absent(outcome.kept)
        return outcome

    async def _find_server(self, way: FaxWay) -> FaxServer:
        """The first that answers. Raises `DeliveryError`."""
        failures = []
        servers = [self._get_server(login) for login in way.servers]
        for server in sorted(servers, key=FaxServer.failed_lately):
            try:
                await server.knock()
            except HylaFaxError as error:
                failures.append(explain_server(error))
            else:
                return server
        first = failures[0]
        words = "; ".join(dict.fromkeys(one.message for one in failures))
        raise DeliveryError(words, first.kind, first.reason)

    def _get_server(self, login: Login) -> FaxServer:
        if login not in self._servers:
            self._servers[login] = FaxServer(login)
        return self._servers[login]


def _explain(error: DeliveryError, place: FaxPlace) -> Outcome:
    if error.kind is OutcomeKind.REFUSED and error.reason == Reason.NUMBER:
        return Failed(error.reason, str(error))
    return Deferred(error.kind, error.reason, str(error), kept=str(place))


def _belongs(job: JobView, request: DeliveryRequest, place: FaxPlace) -> bool:
    """To this call of the delivery; to any where it is not known which."""
    if place.server is None:
        return job.tag.startswith(f"{request.name}.")
    return job.tag == place.tag(request.name)


def _judge_break(call: FaxCall, error: HylaFaxError) -> Outcome:
    """The server went away in the middle: a job that was never told of cannot run, one that was has to be asked for."""
    said = explain_server(error)
    place = call.place
    if place.job is None:
        return replace(said, kept=str(place.between))
    if isinstance(error, HylaFaxRefused):
        return replace(said, reason=Reason.UNCERTAIN)
    return Deferred(said.kind, Reason.UNCERTAIN, said.message)


async def _judge_absence(server: FaxServer, request: DeliveryRequest, place: FaxPlace) -> Absent | Unknown | None:
    """A job that never ran has left no trace; one that did may have been cleared away after a while (faxqclean(8C)).
    None where none was to be made here.

    The log of calls tells them apart, where clients may read it; so does the time: see `KEPT_SECONDS`.
    """
    if place.server is None:
        return None
    try:
        calls = await server.find_calls(place.tag(request.name))
    except HylaFaxRefused:
        if 0 <= time.time() - place.made / 1000 < KEPT_SECONDS:
            return Absent(str(place.between))
        return Unknown("the fax server keeps no jobs of that time, and lets nobody read its log of calls")
    return Absent(str(place.after(sum(call.pages for call in calls), stuck=False)))
