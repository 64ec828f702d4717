"""Destinations in trouble, and what holds for one (SPEC N4, D15)."""

from __future__ import annotations

from pydantic import Field

from distwire.api.base import Message, Request, Time


class Troubled(Message):
    """A destination that failed last time: so often in a row, for which reason, in which words. When it is
    `suspended` nothing is sent there; `next_try` is when it is tried, or asked how it is, by itself."""

    uri: str
    suspended: Time | None = None
    since: Time | None = None
    next_try: Time | None = None
    failures: int
    reason: str
    message: str


class TroubledList(Message):
    """The suspended first, then those longest in trouble; at most 500."""

    destinations: list[Troubled]


class Reopening(Request):
    """Which destination: its name, or its address in any form that a group's line may have."""

    address: str = Field(min_length=1, max_length=1024)


class RegistryLine(Message):
    """A line of the registry of destinations that applies: its number, its pattern, and what it is about."""

    line: int
    pattern: str
    name: str


class OptionSaid(Message):
    """An option and the line that says it. Of a key that several say, one `counts`. Open secrets read `***`."""

    key: str
    value: str
    origin: str
    counts: bool


class Starts(Message):
    """When a delivery of a job of each priority may begin, by the windows: now, or later."""

    urgent: Time
    normal: Time
    bulk: Time


class Terms(Message):
    """What holds for a destination: `uri` is the address as it is dialled. `named`: the registry says that its place
    may be used. `secret_fault` says why the password or key that is wanted is not to be had. Of a telephone number
    `dialled` is what a modem is given (with `prefix=`), and `bar` says that it is not called; else both are empty."""

    name: str
    address: str
    uri: str
    channel: str
    deliverable: bool
    named: bool
    groups: list[str]
    lines: list[RegistryLine]
    options: list[OptionSaid]
    secret: bool
    secret_fault: str
    tls: str
    resend: str
    at_once: int
    max_pages: int | None = None
    max_size: int | None = None
    starts: Starts
    dialled: str = ""
    bar: str = ""
    trouble: Troubled | None = None


class TrialForm(Request):
    """Which destination, by name or address; the files are parts called `document`."""

    destination: str = Field(min_length=1, max_length=1024)
    group: str = Field(default="", max_length=255)


class TrialDocument(Message):
    """A document as it would be sent: its form, and `as_is` when it goes as it came."""

    pages: int
    form: str
    as_is: bool
    rendition: str


class Trial(Message):
    """What the destination says when it is asked now, and what the documents (a PDF of one page when none are sent)
    would become. `reason` and `message` say why it could not be asked, or why nothing would go now; empty when all is
    well."""

    terms: Terms
    answers: bool
    reason: str
    message: str
    make_and_model: str = ""
    state: str = ""
    state_reasons: list[str] = Field(default_factory=list)
    formats: list[str] = Field(default_factory=list)
    media_ready: list[str] = Field(default_factory=list)
    document: TrialDocument | None = None
