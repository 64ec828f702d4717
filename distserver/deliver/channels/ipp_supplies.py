"""Supplies, trays and alerts in a printer's description (PWG 5100.13 §5.6, PWG 5100.9); always tolerant, and bounded: a
device may say whatever it likes, and thousands are remembered."""

from __future__ import annotations

from collections.abc import Iterator

from distserver.deliver.channels.ipp_words import clean_text
from distserver.model.supplies import Alert, Supply, Tray
from distwire.ipp.attributes import Group

CONDITION = (
    "marker-colors",
    "marker-levels",
    "marker-names",
    "marker-types",
    "printer-alert",
    "printer-alert-description",
    "printer-input-tray",
    "printer-is-accepting-jobs",
    "printer-state",
    "printer-state-reasons",
    "printer-supply",
    "printer-supply-description",
)
"""What changes from hour to hour in a printer that is configured as it was."""

_MOST = 24
_LONGEST = 80


def read_supplies(printer: Group) -> tuple[Supply, ...]:
    """At most two dozen, in the device's order; of queues of CUPS, their markers."""
    if "printer-supply" not in printer:
        return tuple(_read_markers(printer))
    names = printer.strings("printer-supply-description")
    found = []
    for number, said in enumerate(_read_values(printer, "printer-supply")):
        kind, color = said.get("type", "other"), said.get("colorantname", "")
        name = _cut(names[number]) if number < len(names) else ""
        waste = said.get("class") == "receptacleThatIsFilled"
        found.append(Supply(name or f"{color} {kind}".strip(), kind, color, _percent(said), waste))
    return tuple(found)


def _read_markers(printer: Group) -> Iterator[Supply]:
    """What CUPS and older printers say instead: lists of one length (CUPS, `marker-names` and its like)."""
    names, levels = printer.strings("marker-names"), printer.integers("marker-levels")
    kinds, colors = printer.strings("marker-types"), printer.strings("marker-colors")
    for number, (name, level) in enumerate(zip(names[:_MOST], levels, strict=False)):
        kind, color = (_cut(each[number]) if number < len(each) else "" for each in (kinds, colors))
        percent = level if 0 <= level <= 100 else None
        yield Supply(_cut(name) or f"{color} {kind}".strip(), kind or "other", color, percent, kind.startswith("waste"))


def read_trays(printer: Group) -> tuple[Tray, ...]:
    """At most two dozen, in the device's order."""
    return tuple(
        Tray(said.get("name") or "tray", _positive(said.get("maxcapacity")), _percent(said))
        for said in _read_values(printer, "printer-input-tray")
    )


def read_alerts(printer: Group) -> tuple[Alert, ...]:
    """At most two dozen, in the device's order."""
    words = printer.strings("printer-alert-description")
    return tuple(
        Alert(said.get("code", "unknown"), said.get("severity", ""), _cut(words[number]) if number < len(words) else "")
        for number, said in enumerate(_read_values(printer, "printer-alert"))
    )


def _read_values(printer: Group, name: str) -> Iterator[dict[str, str]]:
    """`key=value;` pairs of each octet string, keys in small letters."""
    found = printer.find(name)
    for _, data in found.values[:_MOST] if found is not None else ():
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data if isinstance(data, str) else ""
        pairs = (pair.partition("=") for pair in text[:1023].split(";"))
        said = {key.strip().lower()[:_LONGEST]: _cut(value) for key, equals, value in pairs if equals}
        if said:
            yield said


def _percent(said: dict[str, str]) -> int | None:
    """Of its capacity; devices that count percents say so or leave it out."""
    level, most = _number(said.get("level")), _positive(said.get("maxcapacity"))
    if level is None or level < 0:
        return None
    if most is None:
        return level if said.get("unit") == "percent" and level <= 100 else None
    return min(100, round(100 * level / most))


def _positive(text: str | None) -> int | None:
    number = _number(text)
    return number if number is not None and number > 0 else None


def _number(text: str | None) -> int | None:
    try:
        return int(text or "") if len(text or "") < 10 else None
    except ValueError:
        return None


def _cut(text: str) -> str:
    return clean_text(text)[:_LONGEST].strip()
