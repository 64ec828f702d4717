"""Who answers for a group: `# owner: mail@example.org, …` among the first comments of its file (SPEC D1, N4). Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from distserver.model.address import AddressError, parse_address

_OWNER = re.compile(r"owners?\s*[:\N{FULLWIDTH COLON}]\s*(.*)\Z", re.IGNORECASE | re.DOTALL)
_BETWEEN = re.compile("[,\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}]")
# RFC 5321 §4.1.2, without quoted strings; the limits are those of its §4.5.3.1.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LONGEST_LOCAL, _LONGEST = 64, 254


class Owners(NamedTuple):
    """`addresses` as they are written to, each once; `faults` say what of the line was not understood."""

    addresses: tuple[str, ...]
    faults: tuple[str, ...]


def read_owners(comment: str) -> Owners | None:
    """The owners that a comment (without its `#`) names; None when it is another kind of comment."""
    match = _OWNER.match(comment)
    if match is None:
        return None
    if not match[1].strip():
        return Owners((), ("no mail address stands after 'owner:'",))
    return read_addresses(match[1])


def read_addresses(text: str) -> Owners:
    """Mail addresses with commas between them; an empty text names nobody."""
    found: dict[str, None] = {}
    faults = []
    for word in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        address = canonical_address(word)
        if address is None:
            faults.append(f"'{word[:80]}' is no mail address: write it as name@example.org")
        else:
            found[address] = None
    return Owners(tuple(found), tuple(faults))


def canonical_address(text: str) -> str | None:
    """`Name@Branch.Example` as it goes to a mail server: the domain in small letters and as A-labels; None when it is
    no address, or one that not every mail server takes (letters beyond ASCII before the `@`)."""
    local, at, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    if not at or not _LOCAL.match(local) or len(local) > _LONGEST_LOCAL or ":" in domain:
        return None
    if "=?" in local:  # what a mail's header takes for an encoded word (RFC 2047), line breaks and all
        return None
    try:
        host = parse_address(domain).host if "/" not in domain else None
    except AddressError:
        return None
    if host is None or host.replace(".", "").isdigit() or len(local) + len(host) >= _LONGEST:
        return None
    return f"{local}@{host}"
