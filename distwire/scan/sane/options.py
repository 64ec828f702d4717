"""What a SANE device can, read from `scanimage --all-options` (SANE 1.0 §4.5: well-known options and their types)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from distwire.scan.contract import Color, Resolutions, Source

_OPTION = re.compile(r"    (--?[a-z][a-z0-9-]*)(?: |\[=\()(.*?)\)?\]? \[([^\]]*)\]\Z")
_NUMBER = r"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}")
_SOURCES = {Source.PLATEN: ("flatbed", "platen"), Source.ADF: ("adf", "feeder")}
_MODES = {
    Color.BI_LEVEL: ("lineart", "binary", "black", "halftone"),
    Color.MONOCHROME: ("gray", "grey"),
    Color.COLOR: ("color", "colour"),
}


@dataclass(frozen=True, slots=True)
class SaneOption:
    """One option of a device: the words or numbers it takes, or its range; `active` when it can be set now."""

    name: str
    choices: tuple[str, ...]
    low: float = 0.0
    high: float = 0.0
    active: bool = True


@dataclass(frozen=True, slots=True)
class SaneOptions:
    """Those of a device by name, without the dashes."""

    by_name: dict[str, SaneOption]

    def find(self, name: str) -> SaneOption | None:
        """An option that can be set; else None."""
        option = self.by_name.get(name)
        return option if option is not None and option.active else None

    def name_source(self, source: Source, *, duplex: bool = False) -> str | None:
        """What the device calls a source; None when it has none. A device without the option has a platen."""
        option = self.find("source")
        if option is None:
            return "" if source is Source.PLATEN and not duplex else None
        fitting = [word for word in option.choices if _is_source(word, source) and ("duplex" in word.lower()) == duplex]
        return fitting[0] if fitting else None

    def name_duplex(self) -> list[str] | None:
        """The arguments that make a feeder read both sides; None when it cannot."""
        together = self.name_source(Source.ADF, duplex=True)
        if together:
            return ["--source", together]
        feeder, mode = self.name_source(Source.ADF), self.find("adf-mode")
        if feeder and mode is not None and "Duplex" in mode.choices:
            return ["--source", feeder, "--adf-mode", "Duplex"]
        if feeder and self.find("duplex") is not None:
            return ["--source", feeder, "--duplex=yes"]
        return None

    def name_mode(self, color: Color) -> str | None:
        """What the device calls a way of reading; for black and white also grey, which is made so here."""
        option = self.find("mode")
        if option is None:
            return None
        for wanted in (color, Color.MONOCHROME) if color is Color.BI_LEVEL else (color,):
            for word in option.choices:
                if any(part in word.lower() for part in _MODES[wanted]):
                    return word
        return None

    def read_resolutions(self) -> Resolutions:
        """Dots per inch."""
        option = self.find("resolution")
        if option is None:
            return Resolutions()
        values = [match[0] for word in option.choices if (match := re.match(r"[0-9]{1,6}", word))]
        return Resolutions(tuple(sorted({int(value) for value in values})), int(option.low), int(option.high))

    def read_size(self) -> tuple[int, int]:
        """The largest page in hundredths of a millimetre; A4 when the device does not say."""
        across, down = self.find("x"), self.find("y")
        if across is None or down is None:
            return 21000, 29700
        return int(across.high * 100), int(down.high * 100)


def read_options(text: str) -> SaneOptions:
    """Read what `scanimage --all-options` prints; lines that are no options are passed by."""
    found: dict[str, SaneOption] = {}
    for line in text.splitlines():
        match = _OPTION.match(line)
        if match:
            name, values, value = match[1].lstrip("-"), match[2], match[3]
            found.setdefault(name, _read_option(name, values, value))
    return SaneOptions(found)


def _read_option(name: str, values: str, value: str) -> SaneOption:
    active = value != "inactive"
    limits = _RANGE.match(values)
    if limits:
        return SaneOption(name, (), float(limits[1]), float(limits[2]), active)
    return SaneOption(name, tuple(values.split("|")), active=active)


def _is_source(word: str, source: Source) -> bool:
    small = word.lower()
    return any(part in small for part in _SOURCES[source]) and "back" not in small
