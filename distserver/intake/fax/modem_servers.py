"""Which HylaFAX servers there are: those from which faxes are taken, and those over which numbers are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from distserver.deliver.channels.fax_options import DEFAULT_SERVER
from distserver.errors import SetupError
from distserver.groups.destinations_file import DestinationsFile
from distserver.groups.options import Options
from distserver.groups.secrets import Secrets
from distserver.intake.fax.modems import ServerView, ask_servers
from distserver.intake.fax.routes_file import RoutesFile
from distserver.model.address import Channel
from distserver.services import Services
from distwire.hylafax import PORT, Login

_PATIENCE = 5.0
_SCHEME = "hylafax"


def show_servers(services: Services) -> list[ServerView]:
    """All of them with their modems, asked now: those of the file of routes, of the registry, of the groups, and that
    of this machine where a number of a group has no other; each once. Takes as long as the slowest, some seconds at
    most."""
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
    for options in _list_options(services):
        said = dict(options)
        for url in said.get("server", "").split(","):
            yield from _read_url(url, said.get("user", "distserver"), said.get("secret"))
    unsaid = next(_list_unsaid(services), None)
    if unsaid is not None:
        yield from _read_url(DEFAULT_SERVER, unsaid.get("user", "distserver"), unsaid.get("secret"))


def _list_unsaid(services: Services) -> Iterator[dict[str, str]]:
    """What holds for each number of a group for which nobody says a server: it goes over the one of this machine."""
    rules = DestinationsFile(services.settings.destinations_path).catch_up()
    snapshot = services.groups.snapshot()
    for group in snapshot.groups:
        for member in group.by_uri.values():
            if member.address.channel is Channel.FAX:
                where = snapshot.resolve(member)
                said = dict((*rules.options(where, services.settings.country), *where.options))
                if not said.get("server"):
                    yield said


def _list_options(services: Services) -> Iterator[Options]:
    for rule in DestinationsFile(services.settings.destinations_path).catch_up().rules:
        yield rule.options
    for group in services.groups.snapshot().groups:
        for member in group.by_uri.values():
            yield member.options


def _read_url(url: str, user: str, secret: str | None) -> Iterator[Login]:
    """None where it is no HylaFAX server: the channel says so when it is to be used."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or PORT
    except ValueError:
        return
    if parts.scheme == _SCHEME and parts.hostname:
        yield Login(parts.hostname, port, user, secret, _PATIENCE, _PATIENCE)
