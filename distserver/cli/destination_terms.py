"""`distserver destination show` and `test`, in words (SPEC D15)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from distserver.cli.output import count, show_time
from distserver.model.limits import show_size
from distserver.report.words import describe_reason
from distwire.api.destinations import Starts, Terms, Trial

_MODES = {
    "verify": "certificates are checked by the system's authorities",
    "pin": "the first certificate seen is trusted from then on",
    "none": "any certificate is trusted",
}

_WITHOUT_TLS = ("fax", "pc", "device", "discard")
"""Kinds of destination to which no connection of ours goes, or none with TLS: the option says nothing of them."""


def describe_terms(terms: Terms) -> Iterator[str]:
    """Line by line: where it goes, which lines say so, and what comes of them."""
    yield f"{terms.name}"
    yield f"  goes to    {terms.uri}, by the channel '{terms.channel}'" + _lacking(terms)
    if terms.dialled:
        yield f"  dialled    {terms.dialled}"
    yield f"  groups     {', '.join(terms.groups) or 'none'}"
    if not terms.lines:
        yield "  registry   no line applies"
    for line in terms.lines:
        yield f"  registry   line {line.line}: {line.pattern}; {line.name}"
    for option in terms.options:
        beaten = "" if option.counts else " (a later line says otherwise)"
        yield f"  option     {option.key}={option.value}   {option.origin or 'the sender'}{beaten}"
    if terms.secret:
        yield f"  secret     {terms.secret_fault or 'is there'}"
    if terms.channel not in _WITHOUT_TLS:
        yield f"  tls        {terms.tls}: {_MODES.get(terms.tls, 'not known')}"
    yield f"  resend     {terms.resend}"
    yield f"  at once    {count(terms.at_once, 'delivery') if terms.at_once == 1 else f'{terms.at_once} deliveries'}"
    if terms.max_pages is not None:
        yield f"  limit      {count(terms.max_pages, 'page')}"
    if terms.max_size is not None:
        yield f"  limit      {show_size(terms.max_size)}"
    if terms.bar:
        yield f"  starts     never: {terms.bar}"
    else:
        yield from _describe_starts(terms.starts)
    yield from _describe_trouble(terms)


def describe_trial(trial: Trial) -> Iterator[str]:
    """The same, and what the destination says now."""
    yield from describe_terms(trial.terms)
    if trial.answers:
        model = f"{trial.make_and_model}, " if trial.make_and_model else ""
        said = f" ({', '.join(trial.state_reasons)})" if trial.state_reasons else ""
        yield f"  it says    {model}{trial.state}{said}"
        yield f"  it takes   {', '.join(trial.formats) or 'does not say what'}"
        if trial.media_ready:
            yield f"  paper      {', '.join(trial.media_ready)}"
    if trial.document is not None:
        form = "as it is" if trial.document.as_is else f"converted: {trial.document.rendition}"
        yield f"  document   {count(trial.document.pages, 'page')}, sent as {trial.document.form}, {form}"
    if trial.reason:
        words = describe_reason(trial.reason).sentence
        yield f"  now        not sent: {words}" + (f" ({trial.message})" if trial.message else "")
    else:
        yield "  now        a document would go" + _not_yet(trial.terms.starts)


def _lacking(terms: Terms) -> str:
    return "" if terms.deliverable else ", which this version of the server lacks"


def _describe_starts(starts: Starts) -> Iterator[str]:
    kinds = {"normal": starts.normal, "urgent": starts.urgent, "bulk": starts.bulk}
    if all(_is_now(at) for at in kinds.values()):
        yield "  starts     now"
        return
    for kind, at in kinds.items():
        yield f"  starts     {kind} jobs: {'now' if _is_now(at) else show_time(at)}"


def _not_yet(starts: Starts) -> str:
    return "" if _is_now(starts.normal) else f", from {show_time(starts.normal)} on"


def _is_now(at: datetime) -> bool:
    return at <= datetime.now(UTC)


def _describe_trouble(terms: Terms) -> Iterator[str]:
    if terms.trouble is not None:
        how = "suspended" if terms.trouble.suspended else "in trouble"
        words = describe_reason(terms.trouble.reason).sentence
        yield f"  trouble    {how} since {show_time(terms.trouble.since)}: {words}"
