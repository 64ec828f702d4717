"""What the options of a fax destination say to its channel: which servers, and how the number is called."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from distserver.deliver.channels.fax_learnt import FaxLearnt, read_learnt
from distserver.deliver.contract import Target
from distserver.errors import DeliveryError
from distserver.model.states import OutcomeKind, Reason
from distserver.model.telephone import NumberError, dial_number, normalise_number
from distwire.hylafax import Login
from distwire.hylafax.connection import PORT

DEFAULT_SERVER = f"hylafax://localhost:{PORT}"
_SCHEME = "hylafax"


@dataclass(frozen=True, slots=True)
class FaxWay:
    """How a destination is called: `servers` in the order in which they are asked, the digits that are `dialled`, the
    number as the world knows it, and what was learnt of it. `speed` is the most that the line of the registry allows,
    `rate` what a minute costs.
    """

    servers: tuple[Login, ...]
    dialled: str
    number: str
    learnt: FaxLearnt
    speed: int | None = None
    error_correction: bool = True
    identity: str | None = None
    headed: bool = False
    rate: str = ""


def read_way(target: Target) -> FaxWay:
    """Raises `DeliveryError` where the number or a server makes no sense."""
    said = dict(target.options)
    written = target.address.uri.removeprefix("tel:")
    try:
        number = normalise_number(written, target.country)
        dialled = said.get("prefix", "") + dial_number(written, target.country)
    except NumberError as error:
        raise DeliveryError(str(error), OutcomeKind.REFUSED, Reason.NUMBER) from error
    return FaxWay(
        servers=tuple(_read_server(one, target) for one in (said.get("server") or DEFAULT_SERVER).split(",")),
        dialled=dialled,
        number=number,
        learnt=read_learnt(target.learnt),
        speed=int(said["speed"]) if said.get("speed", "").isdigit() else None,
        error_correction=said.get("ecm") != "no",
        identity=said.get("identity"),
        headed="header" in said,
        rate=said.get("cost", ""),
    )


def _read_server(text: str, target: Target) -> Login:
    try:
        parts = urlsplit(text.strip())
        port = parts.port or PORT
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != _SCHEME or not parts.hostname:
        words = f"'{text.strip()}' is no HylaFAX server: write server={DEFAULT_SERVER}"
        raise DeliveryError(words, OutcomeKind.REFUSED, Reason.CHANNEL_UNAVAILABLE)
    times = target.timeouts
    return Login(parts.hostname, port, target.user or "distserver", target.secret, times.connect, times.idle)
