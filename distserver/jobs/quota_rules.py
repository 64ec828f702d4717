"""The quotas that the settings give to who has none of their own."""

from __future__ import annotations

from distserver.errors import SetupError
from distserver.jobs.quotas import QuotaRules
from distserver.model.quotas import Quota, parse_quota
from distserver.settings import Settings


def read_quota_rules(settings: Settings) -> QuotaRules:
    """What holds for who has no quota of their own. Raises `SetupError` when a setting is none."""
    users = _read_quota("quota_users", settings.quota_users)
    guests = _read_quota("quota_guests", settings.quota_guests)
    return QuotaRules(users, guests, settings.quota_guests_each == "address")


def _read_quota(name: str, text: str) -> Quota:
    try:
        return parse_quota(text)
    except ValueError as error:
        raise SetupError(f"{name}: {error}") from error
