"""Headers of a message and of its parts, read so that none raises (RFC 5322, RFC 2045, RFC 2047, RFC 2231)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from distserver.errors import BadRequest

_LONGEST_TEXT = 2000
_LONGEST_ADDRESS = 254
_MAILBOX = re.compile(r"(?:\A|<)(?:(?<=<)([^<>\s,;\"()]+@[^<>\s,;\"()]+)>|([^<>\s,;\"()]+@[^<>\s,;\"()]+))\Z")
_PARSER = BytesHeaderParser(policy=compat32)

Head = Message


def parse_head(data: bytes) -> Head:
    """The fields of a header block. Never raises on what a sender may write."""
    return _PARSER.parsebytes(data)


def read_text(head: Head, name: str) -> str:
    """A field in plain words on one line, encoded words decoded; empty when there is none."""
    return decode_text(_raw(head, name))


def read_all(head: Head, name: str) -> list[str]:
    """Every field of that name, on one line each."""
    return [tidy(str(value)) for value in head.get_all(name, [])]


def read_mailboxes(head: Head, *names: str) -> list[str]:
    """The addresses in fields of these names, in small letters."""
    fields = [str(value)[: 100 * _LONGEST_ADDRESS] for name in names for value in head.get_all(name, [])]
    try:
        found = getaddresses(fields)
    except (ValueError, IndexError, RecursionError):  # comments in comments
        return []
    return [address.lower() for _, address in found if "@" in address and len(address) <= _LONGEST_ADDRESS]


def find_author(head: Head) -> str:
    """The one address in the one `From` field. Raises `BadRequest`: of two, people see one."""
    found, fields = read_mailboxes(head, "From"), read_all(head, "From")
    written = _MAILBOX.search(fields[0]) if len(fields) == 1 else None
    if written is None or found != [(written[1] or written[2]).lower()]:  # also what programs read in different ways
        raise BadRequest("the mail must come from one sender: one From field with one address")
    return found[0]


def read_filename(head: Head) -> str:
    """The name of a part, without folders; empty when it has none."""
    try:
        name = head.get_filename("") or ""
    except (MessageError, ValueError, LookupError):
        return ""
    return decode_text(str(name)).replace("\\", "/").rpartition("/")[2][:200]


def decode_text(value: str) -> str:
    """Encoded words in plain letters; one that cannot be read stands as it came."""
    short = value[:_LONGEST_TEXT]
    try:
        plain = str(make_header(decode_header(short)))
    except (MessageError, ValueError, LookupError):
        plain = short
    return tidy(plain)


def tidy(text: str) -> str:
    """On one line, without control characters and halves of surrogate pairs."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") else letter for letter in text)
    return " ".join(kept.split())


def message_ids(values: Iterable[str]) -> list[str]:
    """What stands in angle brackets."""
    return [
        f"<{piece.partition('>')[0].strip()}>" for value in values for piece in value.split("<")[1:] if ">" in piece
    ]


def _raw(head: Head, name: str) -> str:
    return str(head.get(name, ""))
