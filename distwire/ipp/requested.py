"""`requested-attributes`: which attributes of an object a response holds (RFC 8011 §4.2.5.1, §4.3.4.1)."""

from __future__ import annotations

from collections.abc import Iterable

from distwire.ipp.attributes import Attribute, AttributeList

JOB_TEMPLATE = frozenset(
    {
        "confirmation-sheet-print", "copies", "cover-back", "cover-front", "cover-sheet-info", "destination-uris",
        "feed-orientation", "finishings", "finishings-col", "font-name-requested", "force-front-side",
        "imposition-template", "insert-sheet", "job-account-id", "job-accounting-sheets", "job-accounting-user-id",
        "job-delay-output-until", "job-error-action", "job-error-sheet", "job-hold-until", "job-hold-until-time",
        "job-message-to-operator", "job-pages-per-set", "job-phone-number", "job-priority", "job-recipient-name",
        "job-sheet-message", "job-sheets", "job-sheets-col", "media", "media-col", "media-input-tray-check",
        "multiple-document-handling", "number-of-retries", "number-up", "orientation-requested", "output-bin",
        "output-device", "overrides", "page-delivery", "page-order-received", "page-ranges",
        "presentation-direction-number-up", "print-color-mode", "print-content-optimize", "print-quality",
        "print-rendering-intent", "print-scaling", "printer-resolution", "proof-print", "retry-interval",
        "retry-time-out", "separator-sheets", "sides", "x-image-position", "y-image-position",
    }
)  # fmt: skip
"""Names of Job Template attributes (RFC 8011 §5.2 and the PWG 5100 series)."""

_SUBSCRIPTION_TEMPLATE = frozenset(
    {
        "notify-attributes", "notify-charset", "notify-events", "notify-lease-duration", "notify-max-events",
        "notify-natural-language", "notify-pull-method", "notify-recipient-uri", "notify-schemes",
        "notify-time-interval", "notify-user-data",
    }
)  # fmt: skip
"""Names of Subscription Template attributes (RFC 3995 §5.3)."""

_MEDIA_PARTS = frozenset(
    {
        "media-bottom-margin", "media-left-margin", "media-right-margin", "media-top-margin", "media-size",
        "media-source", "media-type",
    }
)  # fmt: skip
_SUFFIXES = ("-default", "-supported", "-ready", "-database")

ONLY_BY_NAME = frozenset({"media-col-database"})
"""Too large for `all`: sent only when asked for by name (PWG 5100.7 §6.3)."""


def is_job_template(name: str) -> bool:
    """True for a Job Template attribute and for what a printer says of one (`media`, `media-supported` …)."""
    base = _base(name)
    return base in JOB_TEMPLATE or base in _MEDIA_PARTS


def _base(name: str) -> str:
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)


def get_requested(operation: AttributeList, default: Iterable[str] = ("all",)) -> frozenset[str]:
    """Names and group keywords that a request asks for, or `default` when it does not say."""
    return frozenset(operation.strings("requested-attributes")) or frozenset(default)


def get_limit(operation: AttributeList) -> int | None:
    """How many objects a request wants at most (`limit`, RFC 8011 §4.2.6.1); None for all."""
    limit = operation.integer("limit")
    return limit if limit is not None and limit > 0 else None


def select_attributes(
    attributes: Iterable[Attribute], requested: frozenset[str], description: str
) -> tuple[Attribute, ...]:
    """The attributes that were asked for, in their order.

    `description` is the object's own group keyword: `printer-description`, `job-description` …
    """
    return tuple(found for found in attributes if _is_wanted(found.name, requested, description))


def _is_wanted(name: str, requested: frozenset[str], description: str) -> bool:
    if name in requested:
        return True
    if name in ONLY_BY_NAME:
        return False
    return "all" in requested or _group_of(name, description) in requested


def _group_of(name: str, description: str) -> str:
    """The keyword that asks for an attribute along with others of its kind."""
    if is_job_template(name):
        return "job-template"
    return "subscription-template" if _base(name) in _SUBSCRIPTION_TEMPLATE else description
