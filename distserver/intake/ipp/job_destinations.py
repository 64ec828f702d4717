"""Where a job goes and how far each is: `destination-uris` and `destination-statuses` (PWG 5100.15 §7.1.3, §7.3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from distserver.groups.snapshot import Snapshot
from distserver.intake.ipp.job_description import state_of
from distserver.jobs.incoming import IppJob
from distserver.model.address import AddressError, parse_address
from distserver.model.jobs import DeliveryView
from distserver.model.states import DeliveryState
from distwire.ipp.attributes import Attribute, Collection, Group, attribute, collection
from distwire.ipp.enums import JobState, TransmissionStatus
from distwire.ipp.values import Value, cut_octets, enum, integer, uri

_LEAST_OCTETS = 32
"""That one of `destination-uris` takes in a request."""
_URI = "%:/?#[]@!$&'()*+,;=~"
_STATUSES = {state: TransmissionStatus[state.name] for state in DeliveryState}
_UNSENT = {JobState.CANCELED: TransmissionStatus.CANCELED, JobState.ABORTED: TransmissionStatus.ABORTED}


def choose_whole(found: Sequence[IppJob], most: int) -> frozenset[int]:
    """Of which of these jobs an answer tells each destination, by their numbers: from the first on, as many as have not
    more than `most` destinations together. A thousand jobs with ten thousand each would not fit into memory."""
    whole: list[int] = []
    for one in found:
        most -= one.job.counts.total if one.job is not None else len(one.row.request) // _LEAST_OCTETS
        if most < 0 and whole:
            break
        whole.append(one.row.number)
    return frozenset(whole)


def describe_destinations(
    found: IppJob, asked: Group, deliveries: Sequence[DeliveryView], snapshot: Snapshot
) -> tuple[Attribute, ...]:
    """Both attributes, value by value about the same destination: as many as there are deliveries; before the job is
    complete, those that its client has named."""
    columns = asked.collections("destination-uris")
    if found.job is None:
        status = _UNSENT.get(state_of(found), TransmissionStatus.PENDING)
        pairs = [(one, _status(one.string("destination-uri") or "", 0, status)) for one in columns]
    else:
        wishes = dict(_list_wishes(columns, snapshot))
        pairs = [
            (
                (wishes.get(_canonical(one.address, snapshot)) if wishes else None) or _name(one.address),
                _status(one.address, one.pages or 0, _STATUSES[one.state]),
            )
            for one in deliveries
        ]
    if not pairs:
        return ()
    uris = attribute("destination-uris", *(collection(*column.attributes) for column, _ in pairs))
    return uris, attribute("destination-statuses", *(status for _, status in pairs))


def _list_wishes(columns: Sequence[Collection], snapshot: Snapshot) -> Iterator[tuple[str, Collection]]:
    for column in columns:
        yield _canonical(column.string("destination-uri") or "", snapshot), column


def _canonical(address: str, snapshot: Snapshot) -> str:
    try:
        return snapshot.find_same(parse_address(address)).uri
    except AddressError:
        return address


def _name(address: str) -> Collection:
    return Collection([attribute("destination-uri", _uri(address))])


def _uri(address: str) -> Value:
    return uri(cut_octets(quote(address, safe=_URI), 1023))


def _status(address: str, pages: int, status: TransmissionStatus) -> Value:
    return collection(
        attribute("destination-uri", _uri(address)),
        attribute("images-completed", integer(pages)),
        attribute("transmission-status", enum(status)),
    )
