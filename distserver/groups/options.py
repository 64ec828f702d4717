"""The options that may follow a destination's name in a group file: `key=value`, with their meaning and check."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from distserver.groups.problems import Severity
from distserver.model.documents import NUMBERS_UP, ColorMode, Orientation, Quality, Scaling, Sides
from distserver.model.fax_calls import is_rate
from distserver.model.limits import parse_size
from distserver.model.states import Resend
from distserver.model.windows import is_window

_TOKEN = re.compile(r'[\s;]*(?:([^\s;="]+)=(?:"([^"]*)"|([^\s;]*))|([^\s;]+))')


_SECRET = re.compile(r"secret|passw|token|credential", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=//)[^/\s]*@")


@dataclass(frozen=True, slots=True)
class OptionRule:
    """One known option: what it means in a line, what a right value looks like, and the test for it."""

    meaning: str
    example: str
    accepts: Callable[[str], bool]


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda value: value in words


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


_QUALITIES = tuple(one.name.lower() for one in Quality)
SPEEDS = ("2400", "4800", "7200", "9600", "12000", "14400")
_BOX = r"[^\s@<>,;]+@[^\s@<>,;]+"
_COUNT = r"[1-9][0-9]{0,2}"
_NUMBER = r"[1-9][0-9]{0,8}"

OPTIONS: dict[str, OptionRule] = {
    "user": OptionRule("the name to log in with when the device asks for one", "scan", _matches(r".+")),
    "secret": OptionRule(
        "the password that goes with `user`; `@NAME` is the one of that name in the file of secrets",
        "@branch",
        _matches(r".+"),
    ),
    "tls": OptionRule(
        "whose certificates are trusted: `verify` the system's, `pin` the first one seen, `none` any",
        "pin",
        _one_of("verify", "pin", "none"),
    ),
    "resend": OptionRule(
        "what to do when a crash leaves open whether a copy went out: `at-most-once` or `at-least-once`",
        "at-most-once",
        _one_of(*Resend),
    ),
    "at-once": OptionRule(
        "deliveries at once to this destination; 1 where the line does not say", "2", _matches(_COUNT)
    ),
    "media": OptionRule(
        "the paper, as a PWG 5101.1 name or as people call it (`A4`, `letter`)",
        "iso_a4_210x297mm",
        _matches(r"[A-Za-z0-9_.-]+"),
    ),
    "sides": OptionRule("one- or two-sided, as IPP's `sides`", "two-sided-long-edge", _one_of(*Sides)),
    "color": OptionRule("`color`, `monochrome` or `auto`", "monochrome", _one_of(*ColorMode)),
    "copies": OptionRule("copies of every document", "2", _matches(_COUNT)),
    "quality": OptionRule("`draft`, `normal` or `high`, where the device offers it", "draft", _one_of(*_QUALITIES)),
    "pages": OptionRule("which pages of the documents", "1-3,7", _matches(r"[0-9]+(-[0-9]*)?(,[0-9]+(-[0-9]*)?)*")),
    "number-up": OptionRule("pages on a side", "2", _one_of(*map(str, NUMBERS_UP))),
    "orientation": OptionRule(
        "how pictures stand: " + ", ".join(f"`{one.word}`" for one in Orientation),
        "landscape",
        _one_of(*(one.word for one in Orientation)),
    ),
    "scaling": OptionRule("the size of pages, as IPP's `print-scaling`", "fit", _one_of(*Scaling)),
    "number-of-retries": OptionRule("how often a delivery is tried again at most", "5", _matches(r"[0-9]{1,4}")),
    "retry-interval": OptionRule("seconds between tries, 10 to 900", "60", _matches(r"[1-9][0-9]{1,2}")),
    "format": OptionRule(
        "the only document format to send, as a MIME type", "application/pdf", _matches(r"[a-z]+/[a-zA-Z0-9.+-]+")
    ),
    "resolution": OptionRule(
        "dots per inch of raster pages, `X` or `XxY`; of a fax `standard`, `fine`, `superfine`, `300` or `400`",
        "300",
        _matches(r"[1-9][0-9]{1,3}(x[1-9][0-9]{1,3})?|standard|fine|superfine"),
    ),
    "width": OptionRule("the paper of a fax machine: `A4`, `B4` or `A3`", "B4", _matches(r"(?i:A4|B4|A3)")),
    "coding": OptionRule("how the lines of a fax are coded: `mh`, `mr` or `mmr`", "mh", _one_of("mh", "mr", "mmr")),
    "header": OptionRule(
        "a line on top of each page of a fax; the number of the page is added", '"Head office"', _matches(r".{1,200}")
    ),
    "cover": OptionRule(
        "what stands on a cover sheet in front of a fax, lines with ` // ` between them",
        '"To: Osaka branch // From: Head office // Please call back."',
        _matches(r".{1,1000}"),
    ),
    "type": OptionRule(
        "the pixels of raster pages: `black_1`, `sgray_8` or `srgb_8`",
        "black_1",
        _one_of("black_1", "sgray_8", "srgb_8"),
    ),
    "window": OptionRule(
        "times of the day at which deliveries begin, several with commas; `urgent` among them: urgent jobs do not "
        "wait; `@ZONE` behind them: whose time, else the worker's",
        "08:00-12:00,13:00-18:00,urgent@Asia/Tokyo",
        is_window,
    ),
    "off-peak": OptionRule("the same for bulk jobs, instead of `window`", "22:00-06:00", is_window),
    "max-pages": OptionRule("documents with more pages are refused for this destination", "20", _matches(_NUMBER)),
    "max-size": OptionRule(
        "what would be larger when it is sent is refused for this destination: bytes, or with `K`, `M` or `G` behind",
        "10M",
        lambda value: parse_size(value) is not None,
    ),
    "form": OptionRule(
        "for `mailto:` and `webhook:` addresses, the file that is sent: `as-is`, which is usual, `pdf`, or for "
        "mailboxes `tiff`, a fax image",
        "pdf",
        _one_of("as-is", "pdf", "tiff"),
    ),
    "server": OptionRule(
        "for `cups:` addresses, the CUPS server's socket, when it is not the usual one; for `tel:` addresses the "
        "HylaFAX servers, `hylafax://HOST:PORT`, separated by commas, the first one that answers; for `mailto:` "
        "addresses the relay, `smtp://`, `submission://` (STARTTLS demanded) or `smtps://` HOST, with :PORT or without",
        "smtp://mail.example.org",
        lambda value: not re.search(r"\s|//[^/]*@", value) and bool(value),
    ),
    "barred": OptionRule(
        "for `tel:` addresses, `yes`: the number is not called; a narrower line with `no` allows it",
        "yes",
        _one_of("yes", "no"),
    ),
    "cost": OptionRule(
        "for `tel:` addresses, what a minute of a call costs, for the log of calls; the currency may follow",
        "8.5JPY",
        is_rate,
    ),
    "country": OptionRule(
        "for `tel:` addresses without a country code, the country (ISO 3166) that they belong to",
        "JP",
        _matches("[A-Z]{2}"),
    ),
    "prefix": OptionRule(
        "for `tel:` addresses, what is dialled before the number, `,` for a pause",
        "0,",
        _matches("[0-9*#,WwPpTt]{1,16}"),
    ),
    "speed": OptionRule("for `tel:` addresses, the fastest bit/s that is tried", "9600", _one_of(*SPEEDS)),
    "ecm": OptionRule("for `tel:` addresses, `no` to go without error correction", "no", _one_of("yes", "no")),
    "identity": OptionRule(
        "for `tel:` addresses, the number that the far end sees (TSI, at most 20 characters)",
        "+81312345678",
        _matches("[0-9+ ]{1,20}"),
    ),
    "from": OptionRule(
        "for `mailto:` addresses, the sender's address, to which reports come back", "fax@example.org", _matches(_BOX)
    ),
    "auth": OptionRule(
        "how `user` and `secret` are shown to a mail relay: `xoauth2` for a token",
        "xoauth2",
        _one_of("xoauth2", "password"),
    ),
    "dsn": OptionRule("whether a relay is asked for delivery reports: `yes` or `no`", "no", _one_of("yes", "no")),
    "mdn": OptionRule(
        "whether the reader of a mail is asked to confirm it: `yes` or `no`", "yes", _one_of("yes", "no")
    ),
    "lines": OptionRule("connections at a time to a mail relay, 1 to 16; 4 otherwise", "2", _matches(r"[1-9]|1[0-6]")),
}


def conceal(key: str, value: str) -> str:
    """As people may see it: no password, also where one stands that does not belong there."""
    return "***" if _SECRET.search(key) else _LOGIN.sub("***@", value)


Options = tuple[tuple[str, str], ...]
Remark = tuple[str, Severity]


def parse_options(
    text: str, known: Mapping[str, OptionRule] = MappingProxyType(OPTIONS)
) -> tuple[Options, tuple[Remark, ...]]:
    """Read `key=value …` (separated by spaces or `;`, values with spaces in double quotes).

    Unknown keys are kept and remarked upon; a known key with a wrong value is left out, as an error.
    """
    options: list[tuple[str, str]] = []
    remarks: list[Remark] = []
    hidden = False
    for match in _TOKEN.finditer(text):
        key, quoted, plain, stray = match.groups()
        hidden = hidden or _SECRET.search(match[0]) is not None  # also of one that is written wrongly
        if stray is not None:
            said = "what follows secret=" if hidden else f"'{stray}'"
            remarks.append((f"{said} is not key=value and was passed over", Severity.WARNING))
            continue
        value = quoted if quoted is not None else plain
        rule = known.get(key)
        if rule is None:
            remarks.append((f"the option '{key}' is not known; known are: {' '.join(known)}", Severity.WARNING))
        elif not rule.accepts(value):
            said = "has a wrong value" if hidden else f"cannot be '{conceal(key, value)}'"
            remarks.append((f"the option '{key}' {said}; for example {key}={rule.example}", Severity.ERROR))
            continue
        options.append((key, value))
    return tuple(options), tuple(remarks)
