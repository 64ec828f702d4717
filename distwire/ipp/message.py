"""A message: what a request and a response have in common (RFC 8010 §3.1.1), and how they begin (RFC 8011 §4.1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import charset, natural_language

VERSION_1_1 = (1, 1)
VERSION_2_0 = (2, 0)

MEDIA_TYPE = "application/ipp"


@dataclass(frozen=True, slots=True)
class Message:
    """One request or response.

    `version` is (major, minor); `code` is the operation of a request and the status of a response. `groups` keep their
    order. `notes` say what the decoder had to overlook: empty for a message that follows the rules. `heard_out` is of a
    response: False when it came before all of its request had left, so that the document cannot have been there.
    """

    version: tuple[int, int]
    code: int
    request_id: int
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()
    heard_out: bool = True

    def group(self, tag: int) -> Group:
        """The first group of that tag; an empty one when there is none."""
        for group in self.groups:
            if group.tag == tag:
                return group
        return Group(tag)

    def groups_of(self, tag: int) -> Iterator[Group]:
        """All groups of that tag: a response has one for each job or document."""
        return (group for group in self.groups if group.tag == tag)

    @property
    def operation(self) -> Group:
        """The operation attributes."""
        return self.group(GroupTag.OPERATION)

    @property
    def job(self) -> Group:
        """The (first) job's attributes."""
        return self.group(GroupTag.JOB)

    @property
    def jobs(self) -> tuple[Group, ...]:
        """One group for each job."""
        return tuple(self.groups_of(GroupTag.JOB))

    @property
    def printer(self) -> Group:
        """The printer's attributes."""
        return self.group(GroupTag.PRINTER)

    @property
    def unsupported(self) -> Group:
        """What a response says it did not take."""
        return self.group(GroupTag.UNSUPPORTED)

    @property
    def ok(self) -> bool:
        """True for the successful status codes of a response (0x0000 to 0x00FF)."""
        return self.code <= 0x00FF

    @property
    def status_message(self) -> str:
        """The response's own words, or nothing."""
        return self.operation.string("status-message") or ""


def make_message(
    code: int,
    request_id: int,
    operation: Iterable[Attribute] = (),
    groups: Iterable[Group] = (),
    *,
    version: tuple[int, int] = VERSION_2_0,
    language: str = "en",
) -> Message:
    """A request or response that begins as it must: charset first, natural language second, then `operation`.

    For a request the next of `operation` has to be its target (`printer-uri`, or `job-uri`).
    """
    first = Group(GroupTag.OPERATION, (*_make_beginning(language), *operation))
    return Message(version, code, request_id, (first, *groups))


@lru_cache(maxsize=16)
def _make_beginning(language: str) -> tuple[Attribute, Attribute]:
    return (
        attribute("attributes-charset", charset("utf-8")),
        attribute("attributes-natural-language", natural_language(language)),
    )
