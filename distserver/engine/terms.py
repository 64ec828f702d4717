"""On which terms a delivery goes to its destination: its options with those of the registry, and its secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from distserver.groups.destinations import DestinationRules
from distserver.groups.secrets import Secrets
from distserver.model.address import Destination


@dataclass(frozen=True, slots=True)
class Terms:
    """`destination` has all options that hold for it. `named`: the registry says that its place may be used."""

    destination: Destination
    named: bool = False
    secret: str | None = field(default=None, repr=False)


FindTerms = Callable[[Destination], Terms]
"""The terms as they are now. Raises `SetupError` when the secret is not to be had."""


def plain_terms(where: Destination) -> Terms:
    """Without a registry: what the line itself says."""
    return Terms(where, secret=where.option("secret"))


def make_terms(rules: Callable[[], DestinationRules], secrets: Secrets, country: str = "") -> FindTerms:
    """By the registry as it is at each call, and the file of secrets; numbers without a country code belong to
    `country`."""

    def find(where: Destination) -> Terms:
        known = rules()
        whole = where.under(known.options(where, country))
        return Terms(whole, known.names(where, country), secrets.resolve(whole.option("secret")))

    return find
