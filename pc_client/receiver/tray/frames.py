"""Messages out of the bytes of a connection (D-Bus Specification, "Message Protocol").

jeepney reads the types. Its parser stops at the first message it does not understand; others of the session may send
such at any time, so each message is cut out before it is read, and one that is too long is not kept.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from jeepney import Header, HeaderFields, Message, MessageType
from jeepney.low_level import Array, Struct, Variant, calc_msg_size, endian_map, parse_signature, simple_types

_MOST_BYTES = 1 << 20
_PREFIX = 16  # up to the length of the header's fields
_FIELDS = Array(Struct([simple_types["y"], Variant()]))
_KNOWN_FIELDS = frozenset(HeaderFields)
_UNREADABLE = (ValueError, LookupError, TypeError, AssertionError, struct.error, RecursionError)


@dataclass(frozen=True, slots=True)
class Unread:
    """A message whose body cannot be read."""

    message: Message
    why: str


class BadStream(ValueError):
    """These bytes are no messages."""


class Frames:
    """Of one connection."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._skipped = 0

    def feed(self, data: bytes) -> Iterator[Message | Unread]:
        """All messages that these bytes complete. Raises `BadStream`."""
        skipped = min(self._skipped, len(data))
        self._skipped -= skipped
        self._held += data[skipped:]
        while (raw := self._cut()) is not None:
            read = _read(raw)
            if read is not None:
                yield read

    def _cut(self) -> bytes | None:
        """A whole message, or the header of one that is too long."""
        if len(self._held) < _PREFIX:
            return None
        size, header = _measure(bytes(self._held[:_PREFIX]))
        kept = size if size <= _MOST_BYTES else min(header, _MOST_BYTES)
        if len(self._held) < kept:
            return None
        raw = bytes(self._held[:kept])
        self._skipped = max(size - len(self._held), 0)
        del self._held[:size]
        return raw


def _measure(prefix: bytes) -> tuple[int, int]:
    """Bytes of the whole message, and of its header alone."""
    try:
        size = calc_msg_size(prefix)
        order = endian_map[prefix[:1]].struct_code()
    except KeyError as error:
        raise BadStream(f"a message that begins with {prefix[:1]!r}") from error
    (body,) = struct.unpack(order + "I", prefix[4:8])
    return size, size - body


def _read(raw: bytes) -> Message | Unread | None:
    """None: not even its header can be read, or it is of a kind that is to be ignored."""
    try:
        header, start = _read_header(raw)
    except _UNREADABLE:
        return None
    if len(raw) < start + header.body_length:
        return Unread(Message(header, ()), f"a message of more than {_MOST_BYTES} bytes")
    signature = header.fields.get(HeaderFields.signature, "")
    try:
        body, _ = parse_signature(list(f"({signature})")).parse_data(raw, start, header.endianness)
    except _UNREADABLE as error:
        return Unread(Message(header, ()), f"values that cannot be read ({signature}): {error}")
    return Message(header, body)


def _read_header(raw: bytes) -> tuple[Header, int]:
    """The header and where the body begins. Fields of a later protocol are ignored."""
    order = endian_map[raw[:1]]
    kind, flags, version = raw[1:4]
    length, serial = struct.unpack(order.struct_code() + "II", raw[4:12])
    pairs, end = _FIELDS.parse_data(raw, 12, order)
    fields = {HeaderFields(code): value for code, (_, value) in pairs if code in _KNOWN_FIELDS}
    return Header(order, MessageType(kind), flags, version, length, serial, fields), end + -end % 8
