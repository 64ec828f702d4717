"""The registry of destinations: what a group file's address leaves open, by pattern or by name (SPEC D15). Pure.

    PATTERN; NAME; key=value …

All lines that match a destination apply: the widest pattern first, of equally wide ones in the file's order, so that of
a key said several times the narrowest line counts. The group file's own line counts more than all of them.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from distserver.groups.encoding import detect_encoding
from distserver.groups.lines import MAX_BYTES, LineFault, cut_lines, read_line
from distserver.groups.numbers import find_disguised, write_forms
from distserver.groups.options import Options, parse_options
from distserver.groups.patterns import Breadth, Pattern, parse_pattern
from distserver.groups.problems import LineError, Severity
from distserver.groups.recfile import find_name_fault
from distserver.model.address import AddressError, Destination

FILE = "destinations.rec"
BY_NAME = "@"
"""Before the name of a secret, which stands with its value in the file of secrets."""
_OPEN_SECRET = re.compile(r'(?i)(?<![^\s;])secret\s*[=:]\s*(?!@)("[^"]*"|[^\s;]+)')


@dataclass(frozen=True, slots=True)
class DestinationRule:
    """One line of the registry; `number` counts from 1."""

    number: int
    pattern: Pattern
    name: str
    options: Options
    text: str


@dataclass(frozen=True)
class DestinationRules:
    """The whole registry. `text` is the file's, in Unicode, line by line; lines that could not be read are empty,
    and secrets that stand there openly are left out: it goes into the database."""

    rules: tuple[DestinationRule, ...] = ()
    problems: tuple[LineError, ...] = ()
    text: str = ""

    def find(self, where: Destination, country: str = "") -> tuple[DestinationRule, ...]:
        """The lines for a destination, in the order in which they apply. A telephone number without a country code
        belongs to `country`: lines for it as it is written and as the world knows it are for the same number. Lines
        that bar a number are also for what reaches it in disguise."""
        found = self._match(where, country)
        if self._bars:
            for reached in find_disguised(where, country):
                found += self._find_bar(reached, country)
        return _sort(found)

    def _match(self, where: Destination, country: str) -> list[DestinationRule]:
        forms = write_forms(where, country)
        exact = [rule for form in forms for rule in self._exact.get(form.address.uri, ())]
        return [*(rule for rule, matches in self._tests if any(map(matches, forms))), *exact]

    def _find_bar(self, where: Destination, country: str) -> list[DestinationRule]:
        """The lines that say that it is barred, if it is."""
        said = [rule for rule in _sort(self._match(where, country)) if dict(rule.options).get("barred")]
        barring = [rule for rule in said if dict(rule.options)["barred"] == "yes"]
        return barring if said and said[-1] in barring else []

    def options(self, where: Destination, country: str = "") -> Options:
        """What they say of it, the last of a key counts."""
        return tuple(option for rule in self.find(where, country) for option in rule.options)

    def names(self, where: Destination, country: str = "") -> bool:
        """Whether a line says that this place may be used: its address, or a pattern that tells at least the domain."""
        return any(rule.pattern.names_place for rule in self.find(where, country))

    @cached_property
    def _exact(self) -> dict[str, tuple[DestinationRule, ...]]:
        table: dict[str, tuple[DestinationRule, ...]] = {}
        for rule in self.rules:
            if rule.pattern.breadth is Breadth.ADDRESS:
                table[rule.pattern.text] = (*table.get(rule.pattern.text, ()), rule)
        return table

    @cached_property
    def _bars(self) -> bool:
        return any(option == ("barred", "yes") for rule in self.rules for option in rule.options)

    @cached_property
    def _tests(self) -> Sequence[tuple[DestinationRule, Callable[[Destination], bool]]]:
        others = (rule for rule in self.rules if rule.pattern.breadth is not Breadth.ADDRESS)
        return [(rule, rule.pattern.make_test()) for rule in others]


def _sort(rules: list[DestinationRule]) -> tuple[DestinationRule, ...]:
    return tuple(sorted(dict.fromkeys(rules), key=_order))


def _order(rule: DestinationRule) -> tuple[tuple[int, int], int]:
    return rule.pattern.rank, rule.number


def parse_rules(data: bytes, file: str = FILE) -> DestinationRules:
    """Read the registry; never raises: what is wrong stands in `problems`, and the other lines count."""
    if len(data) > MAX_BYTES:
        return _hopeless(file, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _hopeless(file, "the file is in UTF-16; save it as UTF-8")
    encoding = detect_encoding(data)
    reader, texts = _Reader(file), []
    for number, raw in enumerate(cut_lines(data[len(encoding.mark) :]), 1):
        try:
            text = read_line(raw, encoding)
        except LineFault as fault:
            reader.report(number, str(fault))
            text = ""
        texts.append(_OPEN_SECRET.sub("", text))
        reader.read(number, text)
    return DestinationRules(tuple(reader.rules), tuple(reader.problems), "\n".join(texts))


def _hopeless(file: str, reason: str) -> DestinationRules:
    return DestinationRules(problems=(LineError(file, 0, reason),))


class _Reader:
    """State while the lines go by."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rules: list[DestinationRule] = []
        self.problems: list[LineError] = []

    def report(self, number: int, reason: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(LineError(self.file, number, reason, severity))

    def read(self, number: int, text: str) -> None:
        if not text or text.startswith("#"):
            return
        written, separator, rest = text.partition(";")
        name, _, tail = rest.partition(";")
        name = unicodedata.normalize("NFC", name.strip())
        fault = find_name_fault(name) if separator else "there is no ';' between pattern and name"
        if fault:
            self.report(number, fault)
            return
        try:
            pattern = parse_pattern(written)
        except AddressError as error:
            self.report(number, str(error))
            return
        options = self.read_options(number, tail)
        if pattern.takes_any_host and any(key == "secret" for key, _ in options):
            words = "this secret goes to every host that a sender may name: write the domain, as *.example.org"
            self.report(number, words, Severity.WARNING)
        self.rules.append(DestinationRule(number, pattern, name, options, text))

    def read_options(self, number: int, tail: str) -> Options:
        options, remarks = parse_options(tail)
        for reason, severity in remarks:
            self.report(number, reason, severity)
        open_ones = [option for option in options if option[0] == "secret" and not option[1].startswith(BY_NAME)]
        if open_ones:
            words = "a secret does not belong into this file: write secret=@NAME, and NAME with it into the secrets"
            self.report(number, words)
        return tuple(option for option in options if option not in open_ones)
