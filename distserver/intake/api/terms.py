"""What holds for a destination, and what it says itself: asked before anything is sent (SPEC D15)."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, request
from pydantic import Field

from distserver.accounts.access import OPERATORS
from distserver.engine.inspection import Showing, Trial
from distserver.errors import NotFound, UnknownDestination
from distserver.groups.options import conceal
from distserver.intake.api import messages
from distserver.intake.api.destinations import to_troubled
from distserver.intake.api.multipart import FormReader
from distserver.intake.api.operations import MULTIPART, Call, Messages, operation, roles
from distserver.intake.api.submission import admit_all
from distserver.intake.api.validation import read_fields
from distserver.model.address import Destination, parse_address
from distserver.model.documents import PDF, Document
from distserver.model.jobs import PlannedDelivery
from distserver.services import Services
from distwire.api import destinations as wire
from distwire.api.base import Request
from distwire.api.form import FILE_FIELD


class TermsQuery(Request):
    """Which destination, by name or address, and the group whose line is meant where several have one."""

    destination: str = Field(min_length=1, max_length=1024)
    group: str = Field(default="", max_length=255)


@operation(
    "GET /api/v1/destinations/terms",
    roles(*OPERATORS),
    Messages(query=TermsQuery, answer=wire.Terms),
    errors=(400, 404, 409),
)
def show_terms(call: Call[TermsQuery, None]) -> wire.Terms:
    """Show what will happen to a document for a destination by the lines that apply: options and where each comes from,
    limits, windows."""
    place, showing = find_showing(call.services, call.query.destination, call.query.group)
    return to_terms(call, place, showing)


@operation(
    "POST /api/v1/destinations/test",
    roles(*OPERATORS),
    Messages(body=wire.TrialForm, body_type=MULTIPART, answer=wire.Trial),
    errors=(400, 404, 409, 413, 415),
)
def try_destination(call: Call[None, None]) -> Response:
    """Ask a destination now how it is, and show what a document would become for it. Nothing is sent there."""
    services = call.services
    with ExitStack() as stack:
        limit = services.settings.max_document_mb << 20
        reader = FormReader(services.spool, stack, limit=limit, file_field=FILE_FIELD)
        form = reader.read(request.stream, request.headers.get("Content-Type", ""))
        asked = read_fields(wire.TrialForm, form.fields)
        documents = admit_all(services, form) or (_SAMPLE,)
    place, showing = find_showing(services, asked.destination, asked.group)
    trial = services.inspector.ask(showing, documents)
    answer = to_trial(to_terms(call, place, showing), trial, documents)
    return Response(answer.model_dump_json(), content_type="application/json")


_SAMPLE = Document("", 0, PDF, "", 1)
_WORD = re.compile(r"[^.:/@\[\]]+")
"""What could be a host's name, and as well a slip of the pen."""


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A destination and the line of a group file that it is found by, as `FILE:LINE`; "" when it stands in none."""

    destination: Destination
    origin: str
    groups: tuple[str, ...] = ()


def find_place(services: Services, named: str, group: str) -> FoundPlace:
    """The destination that is meant, in this group's file, or as it goes when it is chosen singly.

    Raises `NotFound`, `Conflict`, and `BadRequest` for what is neither a name nor an address.
    """
    snapshot = services.groups.snapshot()
    uri = parse_address(snapshot.find_address(named)).uri
    holding = snapshot.groups_of(uri)
    if group:
        chosen = snapshot.find(group)
        if uri not in chosen.by_uri:
            raise NotFound(f"'{named}' is no member of '{chosen.name}'")
        files = (chosen, *(one for one in holding if one.is_all))
    else:
        files = holding
    if not files:
        address = parse_address(named)
        return FoundPlace(Destination(address, address.written), "")
    told = next((one for one in files if one.by_uri[uri].options), files[0])
    where = replace(files[0].by_uri[uri], options=told.by_uri[uri].options)
    number = services.groups.find_line(told.file, uri)
    return FoundPlace(where, f"{told.file}:{number}" if number else told.file, tuple(one.name for one in holding))


def find_showing(services: Services, named: str, group: str) -> tuple[FoundPlace, Showing]:
    """The destination that is meant, and what holds for it now.

    Raises as `find_place`, and `UnknownDestination` for a single word that is nobody's name in groups and registry, and
    no host's either: as an address it would be taken for a printer's.
    """
    place = find_place(services, named, group)
    showing = services.inspector.show(place.destination, place.origin, services.settings.destinations_path.name)
    host = place.destination.address.host
    if not (place.origin or showing.named) and host and _WORD.fullmatch(named.strip()) and not _is_host(host):
        near = services.groups.snapshot().find_near(named)
        raise UnknownDestination(
            f"'{named.strip()}' is the name of no destination{near}, and of no host: see the list of destinations for "
            "names and addresses",
            named.strip(),
        )
    return place, showing


def _is_host(name: str) -> bool:
    """Whether this machine finds an address for it; asks the name servers, and waits as long as they take."""
    try:
        return bool(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
    except OSError:
        return False


def to_terms(call: Call[Any, Any], place: FoundPlace, showing: Showing) -> wire.Terms:
    """As it is told; open secrets are not."""
    where, settings = showing.destination, call.services.settings
    lane = call.services.destinations.find_trouble(where.address.uri, call.actor)
    return wire.Terms(
        name=where.name,
        address=where.address.written,
        uri=where.address.uri,
        channel=where.address.channel,
        deliverable=showing.deliverable,
        named=showing.named,
        groups=list(place.groups),
        lines=[wire.RegistryLine(line=r.number, pattern=r.pattern.written, name=r.name) for r in showing.rules],
        options=[
            wire.OptionSaid(key=o.key, value=_mask(o.key, o.value), origin=o.origin, counts=o.counts)
            for o in showing.options
        ],
        secret=showing.secret,
        secret_fault=showing.fault,
        tls=where.option("tls") or settings.tls,
        resend=where.option("resend") or settings.resend,
        at_once=PlannedDelivery(where).at_once,
        max_pages=showing.limits.pages,
        max_size=showing.limits.size,
        starts=wire.Starts(**{str(one): messages.to_time(at) for one, at in showing.starts.items()}),
        dialled=showing.dialled,
        bar=showing.bar,
        trouble=None if lane is None else to_troubled(lane),
    )


def to_trial(terms: wire.Terms, trial: Trial, documents: tuple[Document, ...]) -> wire.Trial:
    """As it is told."""
    said, klass = trial.capabilities, trial.klass
    document = None
    if klass is not None:
        pages = sum(one.pages for one in documents)
        document = wire.TrialDocument(pages=pages, form=klass.format, as_is=klass.passthrough, rendition=klass.key)
    return wire.Trial(
        terms=terms,
        answers=said is not None,
        reason=trial.reason,
        message=trial.message,
        make_and_model=said.make_and_model if said else "",
        state=said.state if said else "",
        state_reasons=list(said.state_reasons) if said else [],
        formats=list(said.formats) if said else [],
        media_ready=list(said.media_ready) if said else [],
        document=document,
    )


def _mask(key: str, value: str) -> str:
    return value if key == "secret" and value.startswith("@") else conceal(key, value)


OPERATIONS = (show_terms, try_destination)
