"""Message → bytes, strict: what RFC 8010 does not allow is not sent."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from distwire.ipp.attributes import Attribute, Collection
from distwire.ipp.errors import Unencodable
from distwire.ipp.message import Message
from distwire.ipp.syntax import MAX_OCTETS, encode_value
from distwire.ipp.tags import FIRST_VALUE_TAG, GroupTag, ValueTag
from distwire.ipp.values import UNSUPPORTED, Data

MAX_NAME = MAX_OCTETS[ValueTag.MEMBER_NAME]
MAX_DEPTH = 16

_BEGIN = int(ValueTag.BEGIN_COLLECTION)  # comparing plain numbers costs a third
_NOTHING = b"\0\0"
"""The length of a name or value that is not there."""
_MEMBER = bytes((ValueTag.MEMBER_NAME, 0, 0))
_BEGIN_OF_COLLECTION = bytes((ValueTag.BEGIN_COLLECTION, 0, 0, 0, 0))
_END_OF_COLLECTION = bytes((ValueTag.END_COLLECTION, 0, 0, 0, 0))


def encode_message(message: Message) -> bytes:
    """The attributes part of an HTTP body; a document follows it as it is. Raises `Unencodable`."""
    out = bytearray(_encode_head(message))
    for group in message.groups:
        if not 0 < group.tag < FIRST_VALUE_TAG or group.tag == GroupTag.END:
            raise Unencodable(f"{group.tag:#x} begins no group")
        out.append(group.tag)
        for attribute in group.attributes:
            _write_attribute(out, attribute)
    out.append(GroupTag.END)
    return bytes(out)


def make_sayable(attributes: Iterable[Attribute]) -> tuple[Attribute, ...]:
    """Attributes that came in, as they may be sent again: of one whose values are none of their tags only the name is
    left, with the out-of-band value `unsupported`, and of one whose name is none nothing."""
    said = (each if _can_say(each) else Attribute(each.name, (UNSUPPORTED,)) for each in attributes)
    return tuple(each for each in said if _can_say(each))


def _can_say(attribute: Attribute) -> bool:
    try:
        _write_attribute(bytearray(), attribute)
    except Unencodable:
        return False
    return True


def _encode_head(message: Message) -> bytes:
    try:
        version = bytes(message.version)
        head = version + message.code.to_bytes(2) + message.request_id.to_bytes(4)
    except (OverflowError, ValueError) as error:
        raise Unencodable(f"version, code or request-id is out of range: {error}") from error
    if len(version) != 2:
        raise Unencodable("a version has two numbers")
    return head


def _write_attribute(out: bytearray, attribute: Attribute) -> None:
    named = _encode_name(attribute.name)
    values = attribute.values
    if not values:
        raise Unencodable(f"{attribute.name} has no value")
    for value in values:
        tag, data = value
        if tag == _BEGIN:
            out.append(_BEGIN)
            out += named
            out += _NOTHING
            _write_members(out, data, 1)
        else:
            octet, raw = encode_value(value)
            out.append(octet)
            out += named
            out += len(raw).to_bytes(2)
            out += raw
        named = _NOTHING


def _write_members(out: bytearray, data: Data, depth: int) -> None:
    """Members of a collection and its end (RFC 8010 §3.1.6): each name is a value of its own, then come its values."""
    if not isinstance(data, Collection):
        raise Unencodable(f"{data!r} is no collection")
    if depth > MAX_DEPTH:
        raise Unencodable("collections are nested too deep")
    for member in data.attributes:
        out += _MEMBER
        out += _encode_name(member.name)
        if not member.values:
            raise Unencodable(f"{member.name} has no value")
        for value in member.values:
            if value.tag == _BEGIN:
                out += _BEGIN_OF_COLLECTION
                _write_members(out, value.data, depth + 1)
            elif value.tag == ValueTag.MEMBER_NAME:
                raise Unencodable("a member's name is no value")
            else:
                octet, raw = encode_value(value)
                out.append(octet)
                out += _NOTHING
                out += len(raw).to_bytes(2)
                out += raw
    out += _END_OF_COLLECTION


@lru_cache(maxsize=4096)
def _encode_name(name: str) -> bytes:
    """A name behind its length; the same few hundred are written again and again."""
    raw = name.encode("ascii", "strict") if name.isascii() else b""
    if not 0 < len(raw) <= MAX_NAME:
        raise Unencodable(f"{name!r} is no name of an attribute")
    return len(raw).to_bytes(2) + raw
