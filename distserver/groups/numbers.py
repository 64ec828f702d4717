"""Telephone numbers among destinations: the forms in which a line may mean one, and numbers that nobody may call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from distserver.model.address import Channel, Destination
from distserver.model.jobs import PlannedDelivery
from distserver.model.telephone import NumberError, dial_number, find_reached, is_known, normalise_number

_SCHEME = "tel:"


def write_forms(where: Destination, country: str) -> tuple[Destination, ...]:
    """A destination as it is written; a number also as the world knows it (E.164), and as it is dialled from the
    country of its line, else `country`."""
    if where.address.channel is not Channel.FAX:
        return (where,)
    written, home = where.address.uri.removeprefix(_SCHEME), where.option("country") or country
    try:
        numbers = (written, normalise_number(written, home), dial_number(written, home))
    except NumberError:
        return (where,)
    return tuple(replace(where, address=replace(where.address, uri=_SCHEME + one)) for one in dict.fromkeys(numbers))


def find_number(where: Destination, country: str) -> str:
    """E.164, of a number of the country of its line, else of `country`; empty for what is no number of the world's
    plan."""
    if where.address.channel is not Channel.FAX:
        return ""
    try:
        number = normalise_number(where.address.uri.removeprefix(_SCHEME), where.option("country") or country)
    except NumberError:
        return ""
    return number if number.startswith("+") else ""


def find_disguised(where: Destination, country: str) -> tuple[Destination, ...]:
    """The numbers that a call may reach though another one is written: see `find_reached`. None for a number as it
    should be."""
    if where.address.channel is not Channel.FAX:
        return ()
    written, home = where.address.uri.removeprefix(_SCHEME), where.option("country") or country
    try:
        if is_known(normalise_number(written, home)):
            return ()
        reached = find_reached(dial_number(written, home), home)
    except NumberError:
        return ()
    return tuple(replace(where, address=replace(where.address, uri=_SCHEME + one)) for one in reached)


def is_barred(where: Destination) -> bool:
    """Whether what holds for a destination says that it is not called."""
    return where.address.channel is Channel.FAX and where.option("barred") == "yes"


def explain_bar(where: Destination) -> str:
    """In words that say how to mend it."""
    number = where.address.uri.removeprefix(_SCHEME)
    words = f"the number {number} is barred: a line of the registry of destinations says barred=yes"
    return f"{words}; who may call it needs a narrower line with barred=no"


def find_digits(where: Destination, country: str) -> str:
    """What a modem is given to dial, as from `country` where the line does not say: `0,0335550100`. Empty for what is
    no number, and for what cannot be dialled."""
    if where.address.channel is not Channel.FAX:
        return ""
    written, home = where.address.uri.removeprefix(_SCHEME), where.option("country") or country
    try:
        return (where.option("prefix") or "") + dial_number(written, home)
    except NumberError:
        return ""


def find_barred(planned: Iterable[PlannedDelivery]) -> Destination | None:
    """The first number that somebody has chosen by itself and that is barred; members of groups are passed over, for
    one of them must not keep the document from the others."""
    for one in planned:
        where = one.destination.under(one.rules)
        if not one.via and is_barred(where):
            return where
    return None
