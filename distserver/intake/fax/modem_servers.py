"""Which HylaFAX servers there are: those from which faxes are taken, and those over which numbers are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from distserver.deliver.channels.fax_options import DEFAULT_SERVER
from distserver.errors import SetupError
from distserver.groups.destinations import DestinationRules
from distserver.groups.destinations_file import DestinationsFile
from distserver.groups.secrets import Secrets
from distserver.groups.snapshot import Snapshot
from distserver.intake.fax.modems import ServerView, ask_servers
from distserver.intake.fax.routes_file import RoutesFile
from distserver.model.address import Channel, Destination
from distserver.services import Services
from distwire.hylafax import PORT, Login

_PATIENCE = 5.0
_SCHEME = "hylafax"
_SAYS = frozenset(("server", "user", "secret"))
"""Options that tell over which server a number goes, and as whom."""


def show_servers(services: Services) -> list[ServerView]:
    """All of them with their modems, asked now, each once: those of the file of routes, those over which the numbers of
    groups go (that of this machine where nobody says another), and those of the registry. Takes as long as the slowest,
    some seconds at most."""
    secrets = Secrets(services.settings.secrets_path)
    views: dict[str, ServerView] = {}
    logins: dict[str, Login] = {}
    for login in _find_logins(services):
        place = login.place
        if place in views:
            continue
        views[place] = ServerView(place)
        try:
            logins[place] = replace(login, secret=secrets.resolve(login.secret))
        except SetupError as error:
            views[place] = ServerView(place, trouble=str(error))
    asked = zip(logins, ask_servers(logins.values()), strict=True)
    return list({**views, **dict(asked)}.values())


def _find_logins(services: Services) -> Iterator[Login]:
    """With the words for the secrets in the place of these, some of them several times."""
    settings = services.settings
    for host in RoutesFile(settings.fax_in_path, settings.country).refresh().hosts:
        yield host.login(host.secret, _PATIENCE, _PATIENCE)
    rules = DestinationsFile(settings.destinations_path).catch_up()
    telling = DestinationRules(tuple(rule for rule in rules.rules if _SAYS.intersection(dict(rule.options))))
    for number in _list_numbers(services.groups.snapshot()):
        registered = telling.options(number, settings.country) if telling.rules else ()  # to look costs a millisecond
        said = dict((*registered, *number.options))
        yield from _read_servers(said | {"server": said.get("server") or DEFAULT_SERVER})
    for rule in telling.rules:
        yield from _read_servers(dict(rule.options))


def _list_numbers(snapshot: Snapshot) -> list[Destination]:
    """Those of all groups, each once, in however many groups it stands alike."""
    members = (member for group in snapshot.groups for member in group.by_uri.values())
    return list(dict.fromkeys(snapshot.resolve(one) for one in members if one.address.channel is Channel.FAX))


def _read_servers(said: Mapping[str, str]) -> Iterator[Login]:
    for url in said.get("server", "").split(","):
        yield from _read_url(url, said.get("user", "distserver"), said.get("secret"))


def _read_url(url: str, user: str, secret: str | None) -> Iterator[Login]:
    """None where it is no HylaFAX server: the channel says so when it is to be used."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or PORT
    except ValueError:
        return
    if parts.scheme == _SCHEME and parts.hostname:
        yield Login(parts.hostname, port, user, secret, _PATIENCE, _PATIENCE)
