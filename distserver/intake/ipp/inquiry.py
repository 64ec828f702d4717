"""Asking a fax what one of its destinations can do: `destination-uri` of Get-Printer-Attributes (PWG 5100.15 §4.1)."""

from __future__ import annotations

from collections.abc import Sequence

from distserver.deliver.registry import can_deliver
from distserver.intake.ipp.rim import Rim
from distserver.model.address import SCHEMES, AddressError, Destination, parse_address
from distwire.ipp.attributes import attribute
from distwire.ipp.enums import Status
from distwire.ipp.service import Refusal
from distwire.ipp.values import uri


def find_asked(rim: Rim, asked: str) -> Sequence[Destination]:
    """Whose abilities the answer tells: the destination that is asked for, or the members of a group of ours.

    Raises `Refusal`: client-error-uri-scheme-not-supported for what is no kind of address,
    client-error-attributes-or-values-not-supported for a wrong address and for one that this version cannot deliver to,
    client-error-not-found for one that stands in no group file where others are not let in.
    """
    file = rim.group_at(asked)
    snapshot = rim.snapshot()
    if file is not None:
        return snapshot.members(snapshot.find(file))
    if asked.partition(":")[0].lower() not in SCHEMES:
        words = f"'{asked[:80]}' is no address of a destination; known are: {' '.join(SCHEMES)}"
        raise _refuse(Status.URI_SCHEME_NOT_SUPPORTED, words, asked)
    try:
        address = snapshot.find_same(parse_address(asked))
    except AddressError as error:
        raise _refuse(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, str(error), asked) from error
    known = snapshot.find_known(address.uri)
    if known is None and not rim.any_destination:
        raise _refuse(Status.NOT_FOUND, f"'{asked[:80]}' stands in no group file", asked)
    if not can_deliver(address.channel):
        words = f"this version of the server cannot deliver to '{address.channel}' addresses yet"
        raise _refuse(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, words, asked)
    return (known or Destination(address, asked),)


def _refuse(status: Status, words: str, asked: str) -> Refusal:
    return Refusal(status, words, (attribute("destination-uri", uri(asked)),))
