"""The modems of a HylaFAX server, as it lists them (MDMFMT of faxstat(1))."""

from __future__ import annotations

from dataclasses import dataclass

_SEPARATOR = "|"
MODEM_FORMAT = _SEPARATOR.join(("%m", "%z", "%n", "%s"))
"""The text of the state stands last, for it may hold anything."""


@dataclass(frozen=True, slots=True)
class ModemView:
    """`receives`: faxgetty runs on it, so that it takes calls. `state` is in HylaFAX's words: `Running and idle`,
    `Sending job 12`, `Answering the phone` …"""

    name: str
    receives: bool
    number: str
    state: str


def read_modem(line: str) -> ModemView | None:
    """A line of a listing in `MODEM_FORMAT`; None for the line of the scheduler."""
    fields = [field.strip() for field in line.split(_SEPARATOR, 3)]
    if len(fields) != 4 or not fields[0]:
        return None
    return ModemView(fields[0], bool(fields[1]), fields[2], fields[3])
