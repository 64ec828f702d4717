"""Printers and jobs as events tell of them: their attributes at that moment, encoded, and words for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from distserver.intake.ipp.ability import Abilities
from distserver.intake.ipp.addresses import Origin, Place
from distserver.intake.ipp.description import House, Moment, describe_state, state_words
from distserver.intake.ipp.job_description import describe_job, state_of
from distserver.intake.ipp.notification.facts import facts_of_printer
from distserver.intake.ipp.printers import Printer, Printers
from distserver.jobs.incoming import IppJob
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.decode import decode_message
from distwire.ipp.encode import encode_message
from distwire.ipp.enums import PrinterState
from distwire.ipp.message import make_message
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import boolean, cut_octets, enum, integer, keyword, name, text, uri

_OF_JOB = (
    "job-id",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-name",
    "job-originating-user-name",
    "job-uuid",
    "job-impressions",
    "job-k-octets",
    "number-of-documents",
)
_OF_PRINTER = (
    "printer-state",
    "printer-state-reasons",
    "printer-state-message",
    "printer-is-accepting-jobs",
    "queued-job-count",
)
_NOWHERE = Origin(False, "localhost")


@dataclass(frozen=True, slots=True)
class Sight:
    """A printer at this moment: the facts by which changes are noticed, and what an event tells of it."""

    facts: str
    words: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Scene:
    """Where printers and their state are looked up."""

    printers: Printers
    abilities: Abilities
    moment: Callable[[Printer], Moment]
    house: House

    def see_printer(self, printer: Printer) -> Sight:
        """How it is now."""
        ability, moment = self.abilities.of(printer.place.key, printer.members), self.moment(printer)
        state = describe_state(ability, self.house, moment)
        named = [one for one in state if one.name in _OF_PRINTER]
        words = f"{printer.name}: {state_words(ability, moment)}"
        return Sight(facts_of_printer(printer, ability, state), words, self._encode(printer.place, named))

    def describe_gone(self, place: Place) -> bytes:
        """A printer that is there no more (PWG 5100.22 §7.7: `deleting`)."""
        attributes = (
            attribute("printer-state", enum(PrinterState.STOPPED)),
            attribute("printer-state-reasons", keyword("deleting")),
            attribute("printer-is-accepting-jobs", boolean(False)),
        )
        return self._encode(place, attributes)

    def describe_job(self, found: IppJob, pages: int) -> bytes:
        """A job; `pages` are out of all its copies."""
        place = Place.of_key(found.row.printer)
        described = describe_job(found, self.printers, self.house, _NOWHERE, ())
        named = [one for one in described if one.name in _OF_JOB]
        out = attribute("job-impressions-completed", integer(min(2**31 - 1, pages)))
        return self._encode(place, (attribute("notify-job-id", integer(found.row.number)), *named, out))

    def _encode(self, place: Place, attributes: Iterable[Attribute]) -> bytes:
        names = (
            attribute("printer-name", name(cut_octets(place.name or place.kind.value, 127))),
            attribute("printer-uuid", uri(self.printers.uuid(place))),
        )
        group = Group(GroupTag.EVENT_NOTIFICATION, (*attributes, *names))
        return encode_message(make_message(0, 1, (), (group,)))


def words_of_job(found: IppJob) -> str:
    """One line for a person."""
    state = state_of(found).name.lower().replace("_", "-")
    return f"Job {found.row.number}, {found.row.title}: {state}."


def read_content(content: bytes) -> Group:
    """The reverse of what is encoded here."""
    return decode_message(content)[0].group(GroupTag.EVENT_NOTIFICATION)


def make_text(words: str) -> Attribute:
    return attribute("notify-text", text(cut_octets(words, 1023)))
