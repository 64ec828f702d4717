"""Operations on printers and the system (RFC 8011 §4.2.5, RFC 3380, PWG 5100.13, PWG 5100.22)."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

from distserver.intake.ipp.addresses import is_as_cups, target_of
from distserver.intake.ipp.description import describe_printer, operations_supported, up_time
from distserver.intake.ipp.gate import check_sender
from distserver.intake.ipp.inquiry import find_asked
from distserver.intake.ipp.notification.description import describe_offer
from distserver.intake.ipp.printers import Printer
from distserver.intake.ipp.reception import check_format
from distserver.intake.ipp.rim import Rim
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import Operation, PrinterState, Status
from distwire.ipp.requested import get_limit, get_requested, select_attributes
from distwire.ipp.service import CHARSETS, Call, Handler, Refusal, Reply
from distwire.ipp.tags import GroupTag
from distwire.ipp.values import (
    boolean,
    charset,
    date_time,
    enum,
    integer,
    keyword,
    keywords,
    name,
    natural_language,
    text,
    uri,
    uri_scheme,
)

log = logging.getLogger(__name__)

_SHORT = ("printer-id", "printer-info", "printer-name", "printer-uuid", "printer-state", "printer-xri-supported")
_URI_ATTRIBUTES = ("printer-uri-supported", "uri-authentication-supported", "uri-security-supported")


class PrinterOperations:
    """`codes` are all operations of printers, `system_codes` those of the system: `operations-supported`."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim
        self.codes: tuple[int, ...] = ()
        self.system_codes: tuple[int, ...] = ()

    def handlers(self) -> dict[int, Handler]:
        return {
            Operation.GET_PRINTER_ATTRIBUTES: self.get_printer_attributes,
            Operation.GET_PRINTER_SUPPORTED_VALUES: self.get_supported_values,
            Operation.IDENTIFY_PRINTER: self.identify_printer,
            Operation.GET_PRINTERS: self.get_printers,
            Operation.GET_SYSTEM_ATTRIBUTES: self.get_system_attributes,
        }

    def get_printer_attributes(self, call: Call) -> Reply:
        """Get-Printer-Attributes; with `destination-uri` for that destination (PWG 5100.15 §4.1)."""
        printer = self._rim.printer(call)
        check_format(call)
        everything = self._describe(call, printer)
        chosen = select_attributes(everything, get_requested(call.operation), "printer-description")
        return Reply(groups=(Group(GroupTag.PRINTER, chosen),))

    def get_supported_values(self, call: Call) -> Reply:
        """Get-Printer-Supported-Values: nothing can be set by IPP, so nothing is answered (RFC 3380 §4.3)."""
        self._rim.printer(call)
        return Reply(groups=(Group(GroupTag.PRINTER, ()),))

    def identify_printer(self, call: Call) -> Reply:
        """Identify-Printer: a group makes no sound; the log says who looked for it (PWG 5100.13 §5.1)."""
        printer = self._rim.printer(call)
        visitor = self._rim.gate.visitor(call)
        check_sender(visitor, printer.access)
        log.info("printer-identified", {"printer": printer.place.path, "by": visitor.actor.name})
        return Reply()

    def get_printers(self, call: Call) -> Reply:
        """Get-Printers (PWG 5100.22 §6.1.10): a printer for each group."""
        if target_of(call).place is not None:
            raise Refusal(Status.NOT_FOUND, "ask the system for its printers: its URI ends in /ipp/system")
        first = call.operation.integer("first-index") or 1
        requested = get_requested(call.operation, _SHORT)
        groups = [
            Group(
                GroupTag.PRINTER, select_attributes(self._listed(call, number, one), requested, "printer-description")
            )
            for number, one in enumerate(self._rim.printers.list(), start=1)
        ]
        chosen = groups[max(0, first - 1) :]
        return Reply(groups=tuple(chosen[: get_limit(call.operation)]))

    def get_system_attributes(self, call: Call) -> Reply:
        """Get-System-Attributes (PWG 5100.22 §6.3.1)."""
        if target_of(call).place is not None:
            raise Refusal(Status.NOT_FOUND, "this is a printer: the system's URI ends in /ipp/system")
        chosen = select_attributes(self._system(call), get_requested(call.operation), "system-description")
        return Reply(groups=(Group(GroupTag.SYSTEM, chosen),))

    def _describe(self, call: Call, printer: Printer) -> tuple[Attribute, ...]:
        rim, origin = self._rim, self._rim.origin(call)
        asked = call.operation.string("destination-uri") if printer.is_fax else None
        ability = rim.ability(printer) if asked is None else rim.abilities.ask(find_asked(rim, asked))
        described = describe_printer(printer, rim.printers, ability, rim.house, rim.moment(printer), origin)
        offer = describe_offer(rim.subscribing.life)
        everything = (*described, *offer, operations_supported(self.codes), *self._references())
        return _with_one_uri(everything) if is_as_cups(call) else everything

    def _references(self) -> tuple[Attribute, ...]:
        """By what documents are fetched, where they are (RFC 8011 §5.4.27)."""
        schemes = self._rim.fetcher.sources.schemes
        return (attribute("reference-uri-schemes-supported", *map(uri_scheme, schemes)),) if schemes else ()

    def _listed(self, call: Call, number: int, printer: Printer) -> tuple[Attribute, ...]:
        return (attribute("printer-id", integer(number)), *self._describe(call, printer))

    def _system(self, call: Call) -> tuple[Attribute, ...]:
        rim, origin = self._rim, self._rim.origin(call)
        house, count = rim.house, sum(1 for _ in rim.printers.list())
        return (
            attribute("system-name", name("distserver")),
            attribute("system-info", text("One document, every branch, at once")),
            attribute("system-uuid", uri(rim.printers.system_uuid)),
            attribute("system-state", enum(PrinterState.IDLE)),
            attribute("system-state-reasons", keyword("none")),
            attribute("system-up-time", integer(up_time(house, time.time()))),
            attribute("system-current-time", date_time(datetime.now(UTC))),
            attribute("system-configured-printers-count", integer(count)),
            attribute("system-xri-supported-count", integer(1)),
            attribute("system-uri", uri(origin.system_uri)),
            attribute("system-make-and-model", text("Distserver")),
            attribute("system-mandatory-printer-attributes", keyword("printer-name")),
            attribute("charset-configured", charset("utf-8")),
            attribute("charset-supported", *(charset(each) for each in CHARSETS)),
            attribute("natural-language-configured", natural_language("en")),
            attribute("generated-natural-language-supported", natural_language("en")),
            attribute("ipp-versions-supported", *keywords(("1.1", "2.0"))),
            attribute("ipp-features-supported", *keywords(("system-object",))),
            attribute("multiple-document-printers-supported", boolean(True)),
            *describe_offer(rim.subscribing.life, system=True),
            operations_supported(self.system_codes),
        )


def _with_one_uri(described: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """The programs of CUPS take all values of `printer-uri-supported` together for one URI."""
    return tuple(attribute(one.name, *one.values[:1]) if one.name in _URI_ATTRIBUTES else one for one in described)
