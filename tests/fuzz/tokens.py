"""The attributes of an IPP body taken apart for changing them: its own reading of RFC 8010 §3.1, not that of the code
under test, and one that can be written again with any fault."""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD = 8
END = 3
BEGIN_COLLECTION, END_COLLECTION, MEMBER_NAME = 0x34, 0x37, 0x4A


@dataclass(slots=True)
class Token:
    """A delimiter (tag below 16) or one value. `lies` are added to what the lengths of name and value say."""

    tag: int
    name: bytes = b""
    value: bytes = b""
    lies: tuple[int, int] = (0, 0)

    @property
    def delimits(self) -> bool:
        return self.tag < 0x10

    def write(self) -> bytes:
        if self.delimits:
            return bytes((self.tag,))
        told = (max(0, len(one) + lie) & 0xFFFF for one, lie in zip((self.name, self.value), self.lies, strict=True))
        name, value = (number.to_bytes(2) for number in told)
        return bytes((self.tag,)) + name + self.name + value + self.value


@dataclass(slots=True)
class Body:
    """Version, operation and request-id as octets, the tokens, and what stands behind the end: the document."""

    head: bytes
    tokens: list[Token] = field(default_factory=list)
    document: bytes = b""

    def write(self) -> bytes:
        return self.head + b"".join(token.write() for token in self.tokens) + self.document

    def find_end(self) -> int:
        """Where the end stands, or would."""
        return next((at for at, token in enumerate(self.tokens) if token.tag == END), len(self.tokens))


def read_body(raw: bytes) -> Body:
    """As far as the octets can be read; the rest is taken for the document."""
    body = Body(raw[:HEAD])
    at = HEAD
    while at < len(raw):
        tag = raw[at]
        if tag < 0x10:
            body.tokens.append(Token(tag))
            at += 1
            if tag == END:
                break
            continue
        name_stop = at + 3 + int.from_bytes(raw[at + 1 : at + 3])
        stop = name_stop + 2 + int.from_bytes(raw[name_stop : name_stop + 2])
        if stop > len(raw):
            break
        body.tokens.append(Token(tag, raw[at + 3 : name_stop], raw[name_stop + 2 : stop]))
        at = stop
    body.document = raw[at:]
    return body
