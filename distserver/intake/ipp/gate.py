"""Who asks, and whether they may: users by Basic over TLS, guests where the group lets them (SPEC N1; architecture §8).

A user's right password is remembered for a short while by a keyed digest: checking it is slow on purpose.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from distserver.accounts.service import Accounts
from distserver.errors import BadRequest, NotSignedIn
from distserver.groups.access import GroupAccess
from distserver.model.accounts import User
from distserver.model.jobs import GUEST, Actor
from distwire.ipp.enums import Status
from distwire.ipp.service import Call, Context, Refusal

_GUEST_MARK = " (guest)"
"""Behind the name that somebody gives who has not signed in: no user's name has a space."""
_REMEMBERED_SECONDS = 60.0
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `user` is None for a guest; `known` says that they have signed in."""

    actor: Actor
    known: bool
    peer: str


class Gate:
    """`accounts` knows the users. Over an unsecured connection passwords come from this machine itself only."""

    def __init__(self, accounts: Accounts, clock: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, tuple[float, User]] = {}
        self._lock = threading.Lock()

    def visitor(self, call: Call) -> Visitor:
        """Who asks. Raises `NotSignedIn` for a wrong password, and `TooManyTries`."""
        user = self._user(call.context)
        if user is not None:
            return Visitor(Actor(user.name, user.role), True, call.context.peer)
        said = " ".join((call.operation.string("requesting-user-name") or "anonymous").split())[:64]
        return Visitor(Actor(_printable(said) + _GUEST_MARK, GUEST, call.context.peer), False, call.context.peer)

    def admit(self, context: Context) -> Context:
        """Before anything else is looked at: a password that is given has to be right. Raises as `visitor` does."""
        user = self._user(context)
        return context if user is None else replace(context, user=user.name)

    def _user(self, context: Context) -> User | None:
        if context.credentials is None:
            return None
        if not context.tls and not is_here(context.peer):
            raise Refusal(Status.FORBIDDEN, "a password is taken over ipps only: use the printer's ipps URI")
        return self._sign_in(context.credentials.user, context.credentials.password, context.peer)

    def _sign_in(self, name: str, password: str, peer: str) -> User:
        key = hmac.new(self._key, f"{name}\0{password}".encode(), hashlib.sha256).digest()
        now = self._clock()
        with self._lock:
            at, user = self._right.get(key, (0.0, None))
        if user is not None and now - at < _REMEMBERED_SECONDS:
            still = self._accounts.find_session(user.name, user.session_epoch)
            if still is not None:
                return still
        try:
            user = self._accounts.sign_in(name, password, peer)
        except BadRequest as error:  # no user can have such a name
            raise NotSignedIn("the name or the password is wrong") from error
        with self._lock:
            if len(self._right) >= _MOST:
                self._right.clear()
            self._right[key] = (now, user)
        return user


def name_sender(kept: str) -> str:
    """The name that somebody gave, from what is kept of them: `job-originating-user-name`."""
    return kept.removesuffix(_GUEST_MARK)


def check_sender(visitor: Visitor, access: GroupAccess) -> None:
    """Let in who may send to the group. Raises `NotSignedIn` where signing in would help, else `Refusal`."""
    if visitor.known:
        if access.lets_send(visitor.actor.name, visitor.actor.role):
            return
        raise Refusal(Status.NOT_AUTHORIZED, f"{visitor.actor.name} may not send to this group")
    if not access.lets_in(visitor.peer):
        raise NotSignedIn("sign in with your user name and password to send to this group")


def check_listener(visitor: Visitor, access: GroupAccess) -> None:
    """Let in for whom events of the group's printer are kept: who has signed in, and guests where it takes their jobs.
    Raises `NotSignedIn`."""
    if not (visitor.known or access.lets_in(visitor.peer)):
        raise NotSignedIn("sign in with your user name and password to subscribe to events of this printer")


def is_here(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
