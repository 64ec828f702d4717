"""Groups and single destinations → one planned delivery for each destination (SPEC D4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from distserver.model.address import Destination
from distserver.model.jobs import PlannedDelivery
from distserver.model.states import Resend

Options = Sequence[tuple[str, str]]


def expand(
    groups: Iterable[tuple[str, Sequence[Destination]]],
    singles: Iterable[Destination],
    resend: Resend,
    *,
    addressed: Iterable[Destination] = (),
    options: Options = (),
) -> tuple[PlannedDelivery, ...]:
    """One delivery for each destination, in the order of their first appearance; groups first, then singles.

    A destination in several groups gets one copy, and remembers through which groups it was chosen. Its name and
    options are those of the first line that names it. `resend` is the policy of those whose line does not say.
    `addressed` are destinations with what the sender asks of each, chosen by that or before; `options` is asked of all.
    What a line says outweighs what is asked of one, and that what is asked of all.
    """
    planned: dict[str, PlannedDelivery] = {}
    for name, members in groups:
        for member in members:
            _add(planned, member, (name,), resend)
    for single in singles:
        _add(planned, single, (), resend)
    for one in addressed:
        _add(planned, replace(one, options=()), (), resend)
        _ask(planned, one.address.uri, one.options)
    for uri in planned:
        _ask(planned, uri, options)
    return tuple(planned.values())


def _ask(planned: dict[str, PlannedDelivery], uri: str, options: Options) -> None:
    """Put these options before those that are there: of two of a name the last counts."""
    if options:
        where = planned[uri].destination
        planned[uri] = replace(planned[uri], destination=replace(where, options=(*options, *where.options)))


def _add(planned: dict[str, PlannedDelivery], where: Destination, via: tuple[str, ...], resend: Resend) -> None:
    uri = where.address.uri
    if uri not in planned:
        own = where.option("resend")
        planned[uri] = PlannedDelivery(where, via, Resend(own) if own in set(Resend) else resend)
    elif via and via[0] not in planned[uri].groups:
        planned[uri] = replace(planned[uri], groups=(*planned[uri].groups, *via))
