"""What people and devices have written, as a field of a mail may hold it (RFC 5322 §2.2.3, RFC 2047)."""

from __future__ import annotations

import re
import unicodedata
from email.header import Header

_BREAKS = ("Cc", "Zl", "Zp", "Cs")
_LONGEST_NAME = 100
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]{0,60}\Z")
_LOCAL_PART = re.compile(r"[^\s()<>\[\]:;@\\,\".]+(?:\.[^\s()<>\[\]:;@\\,\".]+)*\Z|\"[^\"\\]*\"\Z")
_REFERENCE = re.compile(r"<(?!.*=\?)[!-;=?@-~]{1,400}>\Z")


def write_field(text: str, most: int = 255) -> str:
    """One line, `most` letters at most, that says what it says.

    Python's `EmailMessage` reads what it is given, encoded words too, and writes out what they hold: line ends among
    them begin a field of their own. So no encoded word is left in it.
    """
    plain = "".join(" " if unicodedata.category(letter) in _BREAKS else letter for letter in text)
    line = " ".join(plain.split()).replace("=?", "= ?")
    return line if len(line) <= most else f"{line[: most - 1]}…"


def write_mailbox(field: str, name: str, address: str) -> str:
    """A field with one mailbox and the name that people know it by, as it stands in a message.

    `EmailMessage` loses the quotation marks of a long name when it breaks its line, so that the name becomes addresses.
    """
    shown = write_field(name, _LONGEST_NAME)
    if not _PHRASE.match(shown):
        shown = Header(shown, "utf-8", maxlinelen=75, header_name=field).encode(linesep="\r\n")
    user, _, domain = address.rpartition("@")
    if not _LOCAL_PART.match(user):
        user = '"' + re.sub(r'(["\\])', r"\\\1", user) + '"'
    return f"{field}: {shown}\r\n <{user}@{domain}>\r\n" if shown else f"{field}: {user}@{domain}\r\n"


def is_reference(text: str) -> bool:
    """Whether a Message-ID may be named in an answer: it stands in one piece, and hides nothing."""
    return _REFERENCE.match(text) is not None
