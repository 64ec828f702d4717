"""Where an eSCL scanner is: `http`, `https`, or `escl`, `escls`, which mean the same."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from distwire.scan.faults import BrokenAnswer, SettingRefused

SCHEMES = {"http": False, "https": True, "escl": False, "escls": True}
_PORTS = {False: 80, True: 443}
_LONGEST_PATH = 2000


@dataclass(frozen=True, slots=True)
class Address:
    """`root` is the path that resources hang from, without a slash at its end."""

    host: str
    port: int
    root: str
    tls: bool

    @property
    def uri(self) -> str:
        """As a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.tls] else f":{self.port}"
        return f"http{'s' if self.tls else ''}://{host}{port}{self.root}"


def read_address(uri: str) -> Address:
    """`http://copier.example` is taken as `…/eSCL`. Raises `SettingRefused`."""
    wrong = f"'{uri[:200]}' is no scanner: write http://HOST/eSCL, sane:NAME or folder:PATH"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise SettingRefused(wrong) from error
    plain = all(sign.isprintable() and not sign.isspace() for sign in uri)
    if parts.scheme not in SCHEMES or not parts.hostname or not plain or parts.username or parts.query:
        raise SettingRefused(wrong)
    tls = SCHEMES[parts.scheme]
    return Address(parts.hostname, port or _PORTS[tls], parts.path.rstrip("/") or "/eSCL", tls)


def read_path(uri: str, base: str) -> str:
    """The path of a URI that the scanner names, relative to `base`; its host and query do not count.

    Many write a host name here that only they know. Raises `BrokenAnswer`.
    """
    try:
        path = urlsplit(urljoin(base, uri)).path.rstrip("/")
    except ValueError as error:
        raise BrokenAnswer("the scanner names its job by something that is no URI") from error
    if len(path) > _LONGEST_PATH:
        raise BrokenAnswer("the scanner names its job by an endless URI")
    return quote(path, safe="/%:@!$&'()*+,;=~")
