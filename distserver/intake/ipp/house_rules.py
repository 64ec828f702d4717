"""What settings say of hosts and networks, read from their text. Each raises `SetupError` that names the setting."""

from __future__ import annotations

from distserver.errors import SetupError
from distserver.groups.access import GroupAccess, Network, read_networks
from distserver.intake.ipp.sources import Sources, read_sources
from distserver.settings import Settings
from distwire.ipp.forwarded import parse_proxies


def read_fax_access(settings: Settings) -> GroupAccess:
    """From where guests may use `/ipp/faxout`."""
    found = read_networks(settings.faxout_from)
    if found.faults:
        raise SetupError(f"faxout_from: {found.faults[0]}")
    return found


def read_proxies(settings: Settings) -> tuple[Network, ...]:
    """Whose word about a client is taken."""
    try:
        return parse_proxies(settings.ipp_proxies.replace(",", " ").split())
    except ValueError as error:
        raise SetupError(f"ipp_proxies: {error}: write an address or a network of the proxy") from error


def read_document_sources(settings: Settings) -> Sources:
    """Where documents may be fetched from."""
    try:
        return read_sources(settings.print_uri, settings.print_uri_networks)
    except ValueError as error:
        raise SetupError(str(error)) from error
