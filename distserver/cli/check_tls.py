"""The check of the certificate by which the groups' printers prove who they are to ipps: clients."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from cryptography import x509

from distserver.cli.finding import Finding, Verdict
from distserver.errors import SetupError
from distserver.groups.printer import printer_hosts
from distserver.intake.ipp.server_tls import SOON, Pair, check_pair, find_pair
from distserver.settings import Settings

_SUBJECT = "tls"
_RENEW = "put a new one in its place: it is read without a restart"


def check_certificate(settings: Settings) -> Iterator[Finding]:
    """As a server that starts now would find it; nothing is made."""
    try:
        pair = find_pair(settings)
        if settings.tls_certificate is None and not pair.certificate.exists():
            yield Finding(_SUBJECT, Verdict.NOTE, "there is no certificate yet", "it is made at a start")
            return
        check_pair(pair)
    except SetupError as error:
        mend = "a server that runs keeps the pair that it read before; it would not start again with this one"
        yield Finding(_SUBJECT, Verdict.WRONG, str(error), mend)
        return
    yield from _check_contents(settings, pair, datetime.datetime.now(datetime.UTC))


def _check_contents(settings: Settings, pair: Pair, now: datetime.datetime) -> Iterator[Finding]:
    try:
        shown = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    except (OSError, ValueError) as error:  # what OpenSSL takes, this library need not
        yield Finding(_SUBJECT, Verdict.NOTE, f"{pair.certificate} cannot be looked into: {error}")
        return
    begins, ends = shown.not_valid_before_utc, shown.not_valid_after_utc
    mend = _RENEW if settings.tls_certificate is not None else "a running server renews it; start it"
    if not begins <= now < ends:
        words = f"ended on {ends:%Y-%m-%d}" if now >= ends else f"begins on {begins:%Y-%m-%d %H:%M}Z"
        yield Finding(_SUBJECT, Verdict.WRONG, f"the certificate in {pair.certificate} {words}", mend)
        return
    if ends - now < SOON:
        yield Finding(_SUBJECT, Verdict.NOTE, f"the certificate in {pair.certificate} ends on {ends:%Y-%m-%d}", mend)
    else:
        yield Finding(_SUBJECT, Verdict.OK, f"the certificate in {pair.certificate} lasts until {ends:%Y-%m-%d}")
    yield from _check_names(settings, _list_names(shown))


def _check_names(settings: Settings, names: frozenset[str]) -> Iterator[Finding]:
    """It is for the name that clients use, unless they come to a proxy's certificate."""
    for host in () if settings.ipps_url else printer_hosts(settings):
        if not names & {host, f"*.{host.partition('.')[2]}"}:
            own = settings.tls_certificate is None
            mend = "a new one is made at the next start" if own else "have one made for it, or set public_url"
            yield Finding(_SUBJECT, Verdict.NOTE, f"the certificate is not for {host}, as clients call it", mend)


def _list_names(shown: x509.Certificate) -> frozenset[str]:
    """Host names, `*.example.org` among them, and addresses."""
    try:
        names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    hosts = (name.lower() for name in names.get_values_for_type(x509.DNSName))
    return frozenset((*hosts, *map(str, names.get_values_for_type(x509.IPAddress))))
