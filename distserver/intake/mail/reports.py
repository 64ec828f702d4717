"""Reports about mails that went out from here, read robustly: delivery status (RFC 3464), disposition (RFC 3798), and
the plain text in which qmail sends mails back (QSBMF, D. J. Bernstein, 1997)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from distserver.errors import BadRequest
from distserver.intake.mail.heads import Head, message_ids, parse_head, read_all, read_mailboxes, tidy
from distserver.intake.mail.parts import Part
from distserver.model.mail_reports import DeliveryName, MailReport, Told, read_delivery_name

_MOST, _MOST_WORDS = 64 << 10, 8 << 10
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_DISPOSITION = ("message/disposition-notification", "message/global-disposition-notification")
_RETURNED = ("text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers")
_QMAIL = "Hi. This is the"
_STATUS_CODE = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)")
"""RFC 3463 §2, and not a piece of an address, which qmail names first."""
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ACTIONS = {"delivered": Told.DELIVERED, "relayed": Told.RELAYED, "expanded": Told.RELAYED, "failed": Told.RETURNED}
"""RFC 3464 §2.3.3: what was relayed, or expanded into several addresses, is followed by nobody."""
_DISPOSITIONS = {
    "displayed": Told.READ,
    "dispatched": Told.DELIVERED,
    "processed": Told.DELIVERED,
    "deleted": Told.REFUSED,
}
_LONGEST = 300
_MOST_BLOCKS, _MOST_TOLD = 100, 10
"""Each of our mails goes to one mailbox: what tells of more wants to keep us busy."""


def is_report(head: Head) -> bool:
    return str(head.get_content_type()) == "multipart/report"


@dataclass(slots=True)
class _Reading:
    """What the parts of a report have said so far."""

    names: list[DeliveryName] = field(default_factory=list)
    found: list[tuple[Told, str, str, str]] = field(default_factory=list)
    """What is told, of which mailbox, in which words; and where it ended up."""
    written_to: list[str] = field(default_factory=list)
    for_people: str = ""
    """The text before the status, which people read (RFC 3464 §2)."""


def read_reports(head: Head, parts: Iterator[Part]) -> list[MailReport]:
    """What a report says of our deliveries; empty when of none, or nothing that is an end ('delayed').

    Of which mail it is may stand in any of the fields for that: whoever knows the sign in the name has seen the mail.
    """
    reading = _Reading()
    for part in parts:
        if part.kind in _STATUS:
            _read_status(_read_some(part), reading)
        elif part.kind == "text/plain" and not reading.for_people:
            reading.for_people = _read_some(part, _MOST_WORDS).decode("utf-8", "replace")
        elif part.kind in _DISPOSITION:
            _read_disposition(parse_head(_read_some(part).lstrip()), reading)
        elif part.kind in _RETURNED:
            returned = parse_head(_read_some(part))
            _note_ids(reading, returned, "Message-ID", "X-Google-Original-Message-ID")
            reading.written_to += read_mailboxes(returned, "To")[:_MOST_TOLD]
    if not reading.names:  # it came back without its headers
        _note_ids(reading, head, "In-Reply-To")
    return _conclude(reading)


def read_returned_text(parts: Iterator[Part]) -> list[MailReport] | None:
    """What qmail says in plain text of our deliveries: of each address a paragraph, then the mail itself, below a line
    that begins with `-`. Empty when of none of ours; None when the text is no such one."""
    first = next(parts, None)
    text = _read_some(first).decode("utf-8", "replace") if first is not None and first.kind == "text/plain" else ""
    if not text.startswith(_QMAIL):
        return None
    reading = _Reading()
    _, *paragraphs = re.split(r"\r?\n\r?\n", text, maxsplit=_MOST_BLOCKS)
    for at, paragraph in enumerate(paragraphs):
        if paragraph.startswith("-"):
            returned = parse_head("\n\n".join(paragraphs[at + 1 :]).encode("utf-8", "replace"))
            _note_ids(reading, returned, "Message-ID")
            reading.written_to += read_mailboxes(returned, "To")[:_MOST_TOLD]
            break
        address, _, why = paragraph.partition(">:")
        if address.startswith("<"):
            said = _STATUS_CODE.search(why)
            words = " ".join(filter(None, [said[1] if said else "", tidy(why)]))
            reading.found.append((Told.RETURNED, address[1:].strip(), words[:_LONGEST], ""))
    return _conclude(reading)


def _conclude(reading: _Reading) -> list[MailReport]:
    """The reports, where all of it is of one mail of ours."""
    names = dict.fromkeys(reading.names)
    if len(names) != 1:
        return []
    name = next(iter(names))
    found = list(dict.fromkeys(reading.found))[:_MOST_TOLD]
    to = tuple(reading.written_to)
    return [
        MailReport(name, told, mailbox, words, (*filter(None, [final]), *to)) for told, mailbox, words, final in found
    ]


def _read_some(part: Part, most: int = _MOST) -> bytes:
    """Nothing of what is wrongly encoded: the other parts of the report count all the same."""
    kept, size = [], 0
    with contextlib.suppress(BadRequest):
        for piece in part.body:
            kept.append(piece[: most - size])
            size += len(kept[-1])
            if size >= most:
                break
    return b"".join(kept)


def _read_status(data: bytes, reading: _Reading) -> None:
    """Groups of fields with empty lines between them: of the message, then of each recipient (RFC 3464 §2.1)."""
    for block in re.split(rb"\r?\n\r?\n", data.strip(), maxsplit=_MOST_BLOCKS)[:_MOST_BLOCKS]:
        fields = parse_head(block.strip() + b"\r\n\r\n")
        _note_names(reading, *map(_unquote, read_all(fields, "Original-Envelope-Id")))
        _note_ids(reading, fields, "X-Original-Message-ID")  # Gmail
        told = _ACTIONS.get(_word(fields, "Action"))
        if told is not None:
            mailbox, final = _mailbox(fields), _mailbox(fields, "Final-Recipient")
            why = _after(_first(fields, "Diagnostic-Code"))
            if not why and told is Told.RETURNED:
                why = _explain(reading.for_people, mailbox) or _explain(reading.for_people, final)
            words = " ".join([_first(fields, "Status"), why]).strip()
            reading.found.append((told, mailbox, words[:_LONGEST], final))


def _explain(text: str, mailbox: str) -> str:
    """The lines below the mailbox in the text for people: Exim tells there alone why it gave up by itself."""
    lines = iter(text.splitlines())
    for line in lines:
        if mailbox and line.strip(" \t<>:").lower() == mailbox.lower():
            return tidy(" ".join(one.strip() for one in takewhile(str.strip, lines)))
    return ""


def _read_disposition(fields: Head, reading: _Reading) -> None:
    """RFC 3798 §3.2.6: `manual-action/MDN-sent-manually; displayed/…`."""
    _note_ids(reading, fields, "Original-Message-ID")
    said = _first(fields, "Disposition").partition(";")[2].partition("/")[0].strip().lower()
    told = _DISPOSITIONS.get(said)
    if told is not None:
        reading.found.append((told, _mailbox(fields), said, _mailbox(fields, "Final-Recipient")))


def _note_ids(reading: _Reading, fields: Head, *names: str) -> None:
    for name in names:
        _note_names(reading, *message_ids(read_all(fields, name)))


def _note_names(reading: _Reading, *texts: str) -> None:
    reading.names += filter(None, map(read_delivery_name, texts))


def _mailbox(fields: Head, name: str = "Original-Recipient") -> str:
    """The address that the mail was sent to, if it is said: the final one may be another, behind a redirection."""
    address = _after(_unquote(_first(fields, name)))
    return address.strip("<> ") if "@" in address else ""


def _after(text: str) -> str:
    """Without its type: `smtp; 550 …`, `rfc822; NAME@DOMAIN`."""
    return text.partition(";")[2].strip() if ";" in text else text


def _word(fields: Head, name: str) -> str:
    return _first(fields, name).partition(" ")[0].partition("(")[0].lower()


def _first(fields: Head, name: str) -> str:
    return next(iter(read_all(fields, name)), "")


def _unquote(text: str) -> str:
    """xtext of RFC 3461 §4."""
    return tidy(_XTEXT.sub(lambda match: chr(int(match[1], 16)), text))
