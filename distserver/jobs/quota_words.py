"""Quotas in words for people."""

from __future__ import annotations

from distserver.model.moments import show_moment
from distserver.model.quotas import Allowance, Limit, Measure

_SIZES = ((1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


def describe_excess(after: Allowance, needed: int) -> str:
    """Why a job is refused that needs so much; `after` is how its sender would stand with it."""
    limit = after.limit
    left = max(0, limit.amount - (after.used - needed))
    more = f"{say_amount(limit.measure, left)} left, and this takes {say_amount(limit.measure, needed)}"
    return f"the quota is {say_limit(limit)}: {more}; it is renewed {show_moment(after.renewed)}"


def say_limit(limit: Limit) -> str:
    """`500 pages a week`."""
    return f"{say_amount(limit.measure, limit.amount)} a {limit.window}"


def describe_left(allowance: Allowance) -> str:
    """`120 of 500 pages a week left, renewed 2026-11-30 00:00 UTC`."""
    left = say_amount(allowance.limit.measure, allowance.left)
    return f"{left} left of {say_limit(allowance.limit)}, renewed {show_moment(allowance.renewed)}"


def say_amount(measure: Measure, amount: int) -> str:
    """`1 job`, `300 pages`, `1.5 GB`."""
    if measure is not Measure.BYTES:
        return f"{amount} {measure.value[:-1] if amount == 1 else measure.value}"
    for size, unit in _SIZES:
        if amount >= size:
            return f"{amount / size:.4g} {unit}"
    return f"{amount} byte{'' if amount == 1 else 's'}"
