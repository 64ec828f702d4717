"""`requested-attributes`: names, `all`, and the group keywords (RFC 8011 §4.2.5.1)."""

from __future__ import annotations

import pytest

from distwire.ipp import Group, GroupTag, attribute
from distwire.ipp.requested import get_requested, is_job_template, select_attributes
from distwire.ipp.values import integer, keywords

PRINTER = tuple(
    attribute(name, integer(1))
    for name in ("printer-name", "media-supported", "media-col-database", "sides-default", "printer-state")
)


def select(*requested: str) -> list[str]:
    return [each.name for each in select_attributes(PRINTER, frozenset(requested), "printer-description")]


def test_all_is_everything_but_the_media_database() -> None:
    assert select("all") == ["printer-name", "media-supported", "sides-default", "printer-state"]
    assert select("all", "media-col-database") == [each.name for each in PRINTER]


def test_group_keywords_select_their_group() -> None:
    assert select("job-template") == ["media-supported", "sides-default"]
    assert select("printer-description") == ["printer-name", "printer-state"]
    assert select("job-template", "printer-state") == ["media-supported", "sides-default", "printer-state"]


def test_unknown_names_select_nothing() -> None:
    assert select("printer-aroma", "job-description") == []


def test_a_request_that_does_not_say_gets_the_default() -> None:
    nothing = Group(GroupTag.OPERATION)
    assert get_requested(nothing) == {"all"}
    assert get_requested(nothing, ("job-id", "job-uri")) == {"job-id", "job-uri"}
    two = Group(GroupTag.OPERATION, (attribute("requested-attributes", *keywords(("a", "b"))),))
    assert get_requested(two) == {"a", "b"}


@pytest.mark.parametrize(
    ("name", "is_template"),
    [
        ("copies", True),
        ("copies-supported", True),
        ("media-ready", True),
        ("media-col-database", True),
        ("media-left-margin-supported", True),
        ("document-format-supported", False),
        ("job-name", False),
        ("printer-state", False),
    ],
)
def test_job_template_attributes_are_told_apart(name: str, is_template: bool) -> None:
    assert is_job_template(name) is is_template
