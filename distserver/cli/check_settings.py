"""The check of settings whose text is read by one process only: what is wrong with it is told before that one ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from distserver.cli.finding import Finding, Verdict
from distserver.errors import SetupError
from distserver.settings import FILE_NAME, Settings

_SUBJECT = "settings"


def read_written(settings: Settings) -> None:
    """Read each of them as its process will. Raises `SetupError` that names the first one that is wrong."""
    for read in (_read_public_url, *_readers()):
        read(settings)


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Each can be read."""
    found = list(_find_wrong(settings))
    yield from found or [Finding(_SUBJECT, Verdict.OK, "each can be read")]


def _find_wrong(settings: Settings) -> Iterator[Finding]:
    for read in (_read_public_url, *_readers()):
        try:
            read(settings)
        except SetupError as error:
            mend = f"`distserver config` tells where it comes from: {FILE_NAME}, the environment or an option"
            yield Finding(_SUBJECT, Verdict.WRONG, str(error), mend)


def _readers() -> tuple[Callable[[Settings], object], ...]:
    """Of the processes themselves; loaded when they are needed, for each command goes through this module."""
    from distserver.intake.ipp.house_rules import read_document_sources, read_fax_access, read_proxies
    from distserver.intake.mail.house_rules import read_mail_rules
    from distserver.jobs.quota_rules import read_quota_rules

    return (read_quota_rules, read_document_sources, read_fax_access, read_proxies, read_mail_rules)


def _read_public_url(settings: Settings) -> None:
    """Links in mails, QR codes and printers' descriptions are made of it. Raises `SetupError`."""
    value = settings.public_url
    try:
        good = urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname)
    except ValueError:
        good = False
    if value and not good:
        raise SetupError(f"public_url: '{value}' is no address: write it as https://print.example.org")
