"""Who may send to a group: comments of its file say so (SPEC D1, N1; section 8 of the architecture). Pure.

# senders: hanako, taro             only these users, besides operators; without the line every sender
# print-from: 192.168.7.0/24, ::1   who prints from these addresses need not sign in; without it everybody must
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace

from distserver.accounts.access import OPERATORS, SENDERS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LINE = re.compile(r"(senders|print-from)\s*[:\N{FULLWIDTH COLON}]\s*(.*)\Z", re.IGNORECASE | re.DOTALL)
_BETWEEN = re.compile("[,\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}]")
_SLIP = re.compile(r"(print[ _]?from|print[ _-]?form|sender)\s*[:\N{FULLWIDTH COLON}]", re.IGNORECASE)
_MEANT = {"p": "print-from:", "s": "senders:"}


@dataclass(frozen=True, slots=True)
class GroupAccess:
    """`senders` are the users who may send (None: all whose role lets them), `print_from` the networks from which
    anybody may. What was not understood of a line gives nobody a right."""

    senders: frozenset[str] | None = None
    print_from: tuple[Network, ...] = ()
    faults: tuple[str, ...] = field(default=(), compare=False)

    def lets_send(self, name: str, role: str) -> bool:
        """Whether a user who has signed in may send to the group."""
        if role in OPERATORS:
            return True
        return role in SENDERS and (self.senders is None or name in self.senders)

    def lets_in(self, peer: str) -> bool:
        """Whether somebody at this address may send without signing in."""
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self.print_from)

    def joined(self, other: GroupAccess) -> GroupAccess:
        """What two lines say together."""
        senders = self.senders if other.senders is None else (self.senders or frozenset()) | other.senders
        return GroupAccess(senders, (*self.print_from, *other.print_from), (*self.faults, *other.faults))


def read_access(comment: str) -> GroupAccess | None:
    """What a comment (without its `#`) says of access; None when it is another kind of comment."""
    match = _LINE.match(comment)
    if match is None:
        return None
    words = [word for part in _BETWEEN.split(match[2]) if (word := part.strip())]
    if match[1].lower() == "senders":
        faults = () if words else ("no user stands after 'senders:', so nobody but operators may send",)
        return GroupAccess(senders=frozenset(words), faults=faults)
    found = read_networks(match[2])
    return found if words else replace(found, faults=("no network stands after 'print-from:'",))


def find_slip(comment: str) -> str | None:
    """What is to be told of a comment that is nearly one of the lines that count, and so counts for nothing."""
    match = _SLIP.match(comment)
    return match and f"'{match[1]}:' counts for nothing: write it as '{_MEANT[match[1][0].lower()]}'"


def read_networks(text: str) -> GroupAccess:
    """From which networks anybody may print: networks with commas between them."""
    networks: list[Network] = []
    faults: list[str] = []
    for word in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        try:
            networks.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            faults.append(f"'{word[:80]}' is no network: write it as 192.168.7.0/24 or ::1, commas between several")
    return GroupAccess(print_from=tuple(networks), faults=tuple(faults))
