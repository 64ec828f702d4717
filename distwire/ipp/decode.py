"""Bytes → message, tolerant: what devices really send is read, what was overlooked stands in `Message.notes`.

Overlooked are: values that do not fit their tag, unknown tags, values before the first name or group, collections that
do not end or end twice, and (when the body is whole) a missing end. Everything is bounded by `Limits`.
"""

from __future__ import annotations

from dataclasses import dataclass

from distwire.ipp.attributes import Attribute, Group, Token
from distwire.ipp.errors import Incomplete, Malformed
from distwire.ipp.message import Message
from distwire.ipp.syntax import MAX_RAW
from distwire.ipp.tags import FIRST_VALUE_TAG, GroupTag, ValueTag

HEAD = 8
"""Octets of version, code and request-id."""

_END = int(GroupTag.END)  # plain numbers: looking up a member of an enumeration costs as much as the rest of a token
_BEGIN = int(ValueTag.BEGIN_COLLECTION)
_END_COLLECTION = int(ValueTag.END_COLLECTION)


@dataclass(frozen=True, slots=True)
class Limits:
    """`size` in bytes of the attributes part; `values` in all groups together; `depth` of nested collections."""

    size: int = 4 << 20
    groups: int = 20_000
    values: int = 200_000
    name: int = 1023
    depth: int = 16


DEFAULT_LIMITS = Limits()


def decode_message(
    data: bytes | bytearray | memoryview, *, complete: bool = True, limits: Limits = DEFAULT_LIMITS
) -> tuple[Message, int]:
    """Read one message from the start of `data`; also answers how many bytes it took: what follows is the document.

    `complete` says that no more bytes will come. Raises `Malformed`, or with `complete=False` also `Incomplete`.
    """
    raw = data if isinstance(data, bytes) else bytes(data)
    if len(raw) < HEAD:
        if complete:
            raise Malformed("there is not even a whole head", len(raw))
        raise Incomplete(HEAD)
    body = _Body(raw, limits)
    try:
        ended = body.read()
    except IndexError:
        ended = False
    if body.at > limits.size:
        raise Malformed("the attributes are larger than allowed", limits.size)
    if not ended:
        if not complete:
            raise Incomplete(max(body.wanted, len(raw) + 1))
        if body.at != len(raw):
            raise Malformed("the bytes end inside an attribute", len(raw))
        body.notes.append("the end is missing")
    groups = tuple(Group(tag, attributes) for tag, attributes in body.groups)
    version = (raw[0], raw[1])
    message = Message(version, raw[2] << 8 | raw[3], int.from_bytes(raw[4:8]), groups, tuple(body.notes))
    return message, body.at


class _Body:
    """One pass over the groups. `at` is the beginning of the first token that was not read."""

    def __init__(self, raw: bytes, limits: Limits) -> None:
        self.raw = raw
        self.limits = limits
        self.at = HEAD
        self.wanted = 0
        self.depth = 0
        self.groups: list[tuple[int, list[Attribute]]] = []
        self.attributes: list[Attribute] = []
        self.tokens: list[Token] = []
        self.stray: list[Token] = self.tokens
        self.notes: list[str] = []

    def read(self) -> bool:
        """True at the end tag, False where the bytes stop; IndexError where they stop inside a length.

        The inner loop is the whole cost of decoding: it is kept flat, and what is rare stands in methods.
        """
        raw, total, tokens, at = self.raw, len(self.raw), self.tokens, self.at
        longest, last, left = self.limits.name, self.limits.size, self.limits.values
        try:
            while at < total:
                tag = raw[at]
                if tag < FIRST_VALUE_TAG:
                    at += 1
                    self.end_attribute()
                    if tag == _END:
                        return True
                    self.begin_group(tag, at)
                    tokens = self.tokens
                    continue
                name_length = raw[at + 1] << 8 | raw[at + 2]
                start = at + 5 + name_length
                stop = start + (raw[start - 2] << 8 | raw[start - 1])
                left -= 1
                if name_length > longest or stop - start > MAX_RAW or stop > last or left < 0:
                    raise Malformed("a length or the number of values is beyond the limits", at)
                if stop > total:
                    self.wanted = stop
                    return False
                if name_length:
                    tokens = self.begin_attribute(raw[at + 3 : start - 2], at)
                if tag == _BEGIN or tag == _END_COLLECTION:  # noqa: PLR1714, SIM109 - faster than a set
                    self.change_depth(tag, at)
                else:
                    tokens.append((tag, raw[start:stop]))
                at = stop
        finally:
            self.at = at
        return False

    def begin_attribute(self, name: bytes, at: int) -> list[Token]:
        if self.depth:
            self.end_attribute()
        if not self.groups:
            self.note("an attribute stands before the first group")
            self.begin_group(0, at)
        self.tokens = []
        self.attributes.append(Attribute.received(name.decode("utf-8", "replace"), self.tokens))
        return self.tokens

    def end_attribute(self) -> None:
        if self.depth:
            self.note("a collection does not end")
        if self.stray:
            self.note("a value stands before the first name")
        self.depth = 0
        self.stray = self.tokens = []

    def change_depth(self, tag: int, at: int) -> None:
        if tag == _BEGIN:
            self.depth += 1
            if self.depth > self.limits.depth:
                raise Malformed("collections are nested deeper than allowed", at)
        elif self.depth == 0:
            self.note("a collection ends that did not begin")
            return
        else:
            self.depth -= 1
        self.tokens.append((tag, b""))

    def begin_group(self, tag: int, at: int) -> None:
        if len(self.groups) >= self.limits.groups:
            raise Malformed("there are more groups than allowed", at)
        self.attributes = []
        self.groups.append((tag, self.attributes))

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class HeadReader:
    """Takes a body as it arrives, until the attributes are whole: a server's way to `attributes + document`.

    Feed pieces until a message comes out; `rest` then holds the first bytes of the document. Each byte is looked at
    once while waiting, whatever the size of the pieces.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._at = HEAD
        self.rest = b""

    def feed(self, piece: bytes) -> Message | None:
        """The message, once it is whole. Raises `Malformed`."""
        self._buffer += piece
        if not self._find_end():
            if len(self._buffer) > self._limits.size:
                raise Malformed("the attributes are larger than allowed", self._limits.size)
            return None
        return self._decode(self._at + 1)

    def finish(self) -> Message:
        """The message when the body is over without an end tag. Raises `Malformed`."""
        return self._decode(len(self._buffer))

    def _decode(self, stop: int) -> Message:
        message, consumed = decode_message(self._buffer[:stop], limits=self._limits)
        self.rest = bytes(memoryview(self._buffer)[consumed:])
        return message

    def _find_end(self) -> bool:
        """Step from token to token; True when `_at` stands on the end tag."""
        raw, at, total = self._buffer, self._at, len(self._buffer)
        while at < total:
            tag = raw[at]
            if tag == _END:
                break
            step = 1
            if tag >= FIRST_VALUE_TAG:
                if at + 3 > total:
                    break
                lengths = at + 3 + (raw[at + 1] << 8 | raw[at + 2])
                if lengths + 2 > total:
                    break
                step = lengths + 2 + (raw[lengths] << 8 | raw[lengths + 1]) - at
            if at + step > total:
                break
            at += step
        self._at = at
        return at < total and raw[at] == _END
