"""HTTP authentication: our answers to challenges, Digest (RFC 7616: SHA-256 or MD5, qop=auth) and Basic (RFC 7617), and
what clients answer to ours (Basic)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

_PART = re.compile(r'\s*,?\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
_STRENGTH = tuple(_HASHES)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password that nobody has checked yet. The password is in no representation of it."""

    user: str
    password: str = field(repr=False)


@dataclass(slots=True)
class Challenge:
    """One challenge of a WWW-Authenticate header; a Digest one counts how often its nonce was used."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)
    count: int = 0

    @property
    def algorithm(self) -> str:
        """Lower-case name of the hash; MD5 is what absence means."""
        return self.parameters.get("algorithm", "md5").lower()

    @property
    def stale(self) -> bool:
        """The answer was right, but its nonce too old."""
        return self.parameters.get("stale", "").lower() == "true"


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges in one or more WWW-Authenticate headers, in order; what cannot be read is left out."""
    found: list[Challenge] = []
    for header in headers:
        for match in _PART.finditer(header):
            name, quoted, bare = match.groups()
            if quoted is None and bare is None:
                found.append(Challenge(name.lower()))
            elif found:
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
                found[-1].parameters[name.lower()] = value
    return found


def choose_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """The strongest one that we can answer: Digest with SHA-256, with MD5, then Basic; None when there is none."""

    def rank(challenge: Challenge) -> int:
        if challenge.scheme == "digest" and challenge.algorithm in _HASHES and _qop_is_ours(challenge):
            return _STRENGTH.index(challenge.algorithm)
        return len(_STRENGTH) if challenge.scheme == "basic" else 99

    ranked = sorted((c for c in challenges if rank(c) < 99), key=rank)
    return ranked[0] if ranked else None


def answer_challenge(
    challenge: Challenge, user: str, secret: str, path: str, *, method: str = "POST", client_nonce: str | None = None
) -> str:
    """The Authorization header for a request to `path`. `client_nonce` is random unless a test gives one."""
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
    digest, given = _HASHES[challenge.algorithm], challenge.parameters
    realm, nonce = given.get("realm", ""), given.get("nonce", "")
    identity = digest(f"{user}:{realm}:{secret}".encode())
    action = digest(f"{method}:{path}".encode())
    challenge.count += 1
    fields = [f"username={_quote(user)}", f"realm={_quote(realm)}", f"nonce={_quote(nonce)}", f"uri={_quote(path)}"]
    if "qop" in given:
        cnonce, count = client_nonce or secrets.token_hex(16), f"{challenge.count:08x}"
        response = digest(f"{identity}:{nonce}:{count}:{cnonce}:auth:{action}".encode())
        fields += ["qop=auth", f"nc={count}", f"cnonce={_quote(cnonce)}"]
    else:  # RFC 2069, still met in old devices
        response = digest(f"{identity}:{nonce}:{action}".encode())
    fields.append(f'response="{response}"')
    if "algorithm" in given:
        fields.append(f"algorithm={given['algorithm']}")
    if "opaque" in given:
        fields.append(f"opaque={_quote(given['opaque'])}")
    return "Digest " + ", ".join(fields)


def _qop_is_ours(challenge: Challenge) -> bool:
    offered = challenge.parameters.get("qop")
    return offered is None or "auth" in [word.strip().lower() for word in offered.split(",")]


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_basic(authorization: str) -> Credentials | None:
    """What an `Authorization` header says; None when it is not Basic or broken. UTF-8, else Latin-1 (RFC 7617 §2.1)."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError:
        words = raw.decode("latin-1")
    user, colon, password = words.partition(":")
    return Credentials(user, password) if colon else None


def make_basic_challenge(realm: str) -> str:
    """The `WWW-Authenticate` header that asks for a name and a password."""
    return f'Basic realm={_quote(realm)}, charset="UTF-8"'
