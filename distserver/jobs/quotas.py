"""Whether somebody may send so much, and what is left to them (SPEC N1; docs/reference/quotas.md).

`charge` is called in the transaction that makes a job, at the one place where jobs are made: who sends twice at once is
counted one after the other. What is asked before that (`check`, `meter`) spares a client an upload in vain, no more.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import sqlalchemy as sa

from distserver.accounts.access import OPERATORS
from distserver.errors import BadRequest, QuotaExceeded
from distserver.jobs.quota_words import describe_excess
from distserver.model.accounts import User
from distserver.model.jobs import GUEST, Actor
from distserver.model.quotas import Allowance, Quota, Use, Window, parse_quota
from distserver.store import accounts, quotas
from distserver.store.database import Database

_ALL_GUESTS = "guests"

Meter = Callable[[int], None]
"""Told the size of an upload as it grows. Raises `QuotaExceeded` when it has become larger than what is left."""


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """What holds for users and devices without a quota of their own, and for guests: each address for itself when
    `guests_apart`, else all of them together. Operators and administrators have none unless it is their own."""

    users: Quota = Quota()
    guests: Quota = Quota()
    guests_apart: bool = True


class Quotas:
    """Quotas of one installation; safe to use from any thread. `zone` None is this machine's time zone."""

    def __init__(
        self, database: Database, rules: QuotaRules, clock: Callable[[], float], zone: tzinfo | None = None
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._zone = zone

    def charge(self, connection: sa.Connection, by: Actor, use: Use, now: float) -> None:
        """Count a job against what its sender may. Raises `QuotaExceeded`, and then nothing may be committed."""
        quota = self._find_quota(connection, by)
        if quota.limits:
            ends = self._bounds(quota, now)
            starts = {window: start for window, (start, _) in ends.items()}
            after = quotas.add_use(connection, self._subject(by), starts, use)
            _compare(
                [Allowance(one, after[one.window].of(one.measure), ends[one.window][1]) for one in quota.limits],
                use,
                now,
            )

    def meter(self, by: Actor, stored: int = 0) -> Meter:
        """For an upload of a job of which `stored` bytes have come already. Raises `QuotaExceeded` when there is no job
        left to send."""
        lines = self.list_allowances(by)
        if not lines:
            return lambda size: None
        now = self._clock()
        _compare(_add(lines, first := Use(jobs=1, bytes=stored)), first, now)

        def tell(size: int) -> None:
            grown = Use(bytes=stored + size)
            _compare(_add(lines, grown), grown, now)

        return tell

    def list_allowances(self, by: Actor) -> tuple[Allowance, ...]:
        """What is limited for them, and how they stand with it."""
        if by.role == GUEST and not self._rules.guests.limits:  # most of what guests ask needs no look
            return ()
        with self._database.read() as connection:
            quota = self._find_quota(connection, by)
            return self._allowances(connection, quota, self._subject(by), self._clock())

    def list_of_users(self, users: Sequence[User]) -> Mapping[str, tuple[Allowance, ...]]:
        """The same of each of these users, by name."""
        now, found = self._clock(), {}
        with self._database.read() as connection:
            for user in users:
                quota = self._quota_of(user)
                found[user.name] = self._allowances(connection, quota, _subject_of_user(user.name), now)
        return found

    def _find_quota(self, connection: sa.Connection, by: Actor) -> Quota:
        if by.role == GUEST:
            return self._rules.guests
        user = accounts.find_user(connection, by.name)
        if user is not None:
            return self._quota_of(user)
        return Quota() if by.role in OPERATORS else self._rules.users

    def _quota_of(self, user: User) -> Quota:
        if user.quota is not None:
            return user.quota
        return Quota() if user.role in OPERATORS else self._rules.users

    def _subject(self, by: Actor) -> str:
        if by.role != GUEST:
            return _subject_of_user(by.name)
        return f"{_ALL_GUESTS} {_place(by.peer)}" if self._rules.guests_apart else _ALL_GUESTS

    def _bounds(self, quota: Quota, now: float) -> dict[Window, tuple[float, float]]:
        return {window: window.bounds(now, self._zone) for window in quota.windows}

    def _allowances(self, connection: sa.Connection, quota: Quota, subject: str, now: float) -> tuple[Allowance, ...]:
        if not quota.limits:
            return ()
        uses, bounds = quotas.read_uses(connection, [subject]), self._bounds(quota, now)
        lines = []
        for limit in quota.limits:
            start, end = bounds[limit.window]
            counted_from, use = uses.get((subject, limit.window), (start, Use()))
            used = use.of(limit.measure) if counted_from == start else 0
            lines.append(Allowance(limit, used, end))
        return tuple(lines)


def _subject_of_user(name: str) -> str:
    return f"user {name}"


def _place(peer: str) -> str:
    """A guest's address; of IPv6 its network, within which a machine takes new addresses as it likes."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _add(lines: Sequence[Allowance], use: Use) -> list[Allowance]:
    """How it would stand with so much more."""
    return [Allowance(one.limit, one.used + use.of(one.limit.measure), one.renewed) for one in lines]


def _compare(after: Sequence[Allowance], use: Use, now: float) -> None:
    """`after` is how it would stand. Raises `QuotaExceeded` with the limit that is renewed last."""
    over = [one for one in after if one.used > one.limit.amount and use.of(one.limit.measure)]
    if not over:
        return
    worst = max(over, key=lambda one: one.renewed)
    needed = use.of(worst.limit.measure)
    fits_later = all(use.of(one.limit.measure) <= one.limit.amount for one in over)
    raise QuotaExceeded(describe_excess(worst, needed), retry_after=worst.renewed - now if fits_later else None)


def read_quota(text: str) -> Quota | None:
    """A quota as people write it; None for `default`. Raises `BadRequest`."""
    if text.strip().lower() == "default":
        return None
    try:
        return parse_quota(text)
    except ValueError as error:
        raise BadRequest(str(error)) from error
