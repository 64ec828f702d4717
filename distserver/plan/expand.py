"""Groups and single destinations → one planned delivery for each destination (SPEC D4). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from distserver.model.address import Destination
from distserver.model.jobs import PlannedDelivery
from distserver.model.states import Resend

Options = Sequence[tuple[str, str]]
Rules = Callable[[Destination], tuple[tuple[str, str], ...]]
"""What the registry of destinations says of one."""

Identify = Callable[[Destination], str]
"""The same text for two lines that mean the same place."""


@dataclass(frozen=True, slots=True)
class ChosenGroup:
    """A group of a job, as it stands when the job is submitted."""

    name: str
    file: str
    members: Sequence[Destination]


def expand(
    groups: Iterable[ChosenGroup],
    singles: Iterable[Destination],
    resend: Resend,
    *,
    addressed: Iterable[Destination] = (),
    options: Options = (),
    identify: Identify = lambda where: where.address.uri,
) -> tuple[PlannedDelivery, ...]:
    """One delivery for each destination, in the order of their first appearance; groups first, then singles.

    A destination in several groups, also one that `identify` knows by another address, gets one copy, and remembers
    through which groups it was chosen. Its name and options are those of the first line that names it. `resend` is the
    policy of those whose line does not say. `addressed` are destinations with what the sender asks of each, chosen by
    that or before; `options` is asked of all. What a line says outweighs what is asked of one, and that what is asked
    of all.
    """
    planned: dict[str, PlannedDelivery] = {}
    keys: dict[str, str] = {}

    def add(where: Destination, group: ChosenGroup | None = None) -> str:
        key = keys.setdefault(where.address.uri, identify(where))
        _add(planned, key, where, group, resend)
        return key

    for group in groups:
        for member in group.members:
            add(member, group)
    for single in singles:
        add(single)
    for one in addressed:
        _ask(planned, add(replace(one, options=())), one.options)
    for key in planned:
        _ask(planned, key, options)
    return tuple(planned.values())


def apply_rules(planned: Iterable[PlannedDelivery], rules: Rules) -> tuple[PlannedDelivery, ...]:
    """The same with what the registry says of each; its resend policy holds where the line says none."""
    return tuple([_apply(one, rules(one.destination)) for one in planned])


def _apply(planned: PlannedDelivery, rules: tuple[tuple[str, str], ...]) -> PlannedDelivery:
    if not rules:
        return planned
    said = planned.destination.under(rules).option("resend")
    return replace(planned, rules=rules, resend=Resend(said) if said in set(Resend) else planned.resend)


def _ask(planned: dict[str, PlannedDelivery], key: str, options: Options) -> None:
    """Put these options before those that are there: of two of a name the last counts."""
    if options:
        where = planned[key].destination
        more = replace(where, options=(*options, *where.options), asked=where.asked + len(options))
        planned[key] = replace(planned[key], destination=more)


def _add(
    planned: dict[str, PlannedDelivery], key: str, where: Destination, group: ChosenGroup | None, resend: Resend
) -> None:
    names, files = ((), ()) if group is None else ((group.name,), (group.file,))
    known = planned.get(key)
    if known is None:
        own = where.option("resend")
        policy = Resend(own) if own in set(Resend) else resend
        planned[key] = PlannedDelivery(where, names, files, policy)
        return
    groups = known.groups if set(names) <= set(known.groups) else (*known.groups, *names)
    via = (*known.via, *(file for file in files if file not in known.via)) if files else ()
    planned[key] = replace(known, groups=groups, via=via)
