"""What goes wrong at scanners; the type decides what is done about it.

ScanError
├── FeedFault              somebody at the device can mend it: ask, and go on (`fault` says what it is)
├── ScannerUnreachable     no connection, or it went away: ask, and go on when it is back
│   └── ScannerBusy        somebody else scans
├── SettingRefused         this scanner cannot do what was asked; the message says what it can
├── BrokenAnswer           the scanner says what cannot be: pages so far are kept, going on makes no sense
│   └── LimitExceeded      more, larger or slower than any honest scanner: the message names the limit
├── NoRoom                 the disk is full
└── ScanCanceled           whoever waits for the pages wants no more
"""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What stops a feeder, in the words of the field (PWG 5100.9 alerts, SANE 1.0 §4.2.8, eSCL AdfState)."""

    FEEDER_EMPTY = "feeder-empty"
    JAM = "jam"
    DOUBLE_FEED = "double-feed"
    MISPICK = "mispick"
    COVER_OPEN = "cover-open"
    SHEET_LENGTH = "sheet-length"
    FEEDER_FAILED = "feeder-failed"


_WORDS = {
    Fault.FEEDER_EMPTY: "the feeder is empty: lay the pages in",
    Fault.JAM: "a sheet is jammed in the feeder: take it out and lay it back on top of the rest",
    Fault.DOUBLE_FEED: "the feeder took two sheets at once: lay both back on top of the rest",
    Fault.MISPICK: "the feeder could not draw in the next sheet: fan the sheets and lay them back",
    Fault.COVER_OPEN: "a cover of the scanner is open: close it",
    Fault.SHEET_LENGTH: "a sheet is too short or too long for two-sided scanning: take it out, scan it one-sided",
    Fault.FEEDER_FAILED: "the feeder's tray does not work, or holds too much: see the scanner's own display",
}


class ScanError(Exception):
    """Root of all errors that scanning raises on purpose; the message says what to do.

    `keyword` is for programs, and for panels in other languages.
    """

    keyword = "scan-error"


class FeedFault(ScanError):
    """The paper or the feeder needs a hand; after that the scan can go on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(_WORDS[fault])
        self.fault = fault
        self.keyword = str(fault)


class ScannerUnreachable(ScanError):
    """It does not answer, or stopped answering."""

    keyword = "scanner-unreachable"


class ScannerBusy(ScannerUnreachable):
    """It scans for somebody else."""

    keyword = "scanner-busy"


class SettingRefused(ScanError):
    """It cannot scan so; the message says what it can."""

    keyword = "setting-refused"


class BrokenAnswer(ScanError):
    """What it says or sends is not what the standard asks for."""

    keyword = "broken-answer"


class LimitExceeded(BrokenAnswer):
    """It sends more than this program takes."""

    keyword = "limit-exceeded"


class NoRoom(ScanError):
    """The disk is full."""

    keyword = "no-room"


class ScanCanceled(ScanError):
    """The scan was cancelled from here."""

    keyword = "scan-canceled"

    def __init__(self) -> None:
        super().__init__("the scan was cancelled")


MENDABLE = (FeedFault, ScannerUnreachable)
"""Errors after which the same scan can go on."""
