"""Changes an IPP request in a place that has a meaning: head, attributes, tags, lengths, collections, document."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.fuzz import dictionary as d
from tests.fuzz.tokens import BEGIN_COLLECTION, END_COLLECTION, MEMBER_NAME, Body, Token, read_body

Scramble = Callable[[bytes, random.Random], bytes]
"""Changes octets without knowing what they are."""


def scramble(data: bytes, chance: random.Random) -> bytes:
    """A few octets changed, put in, taken out or said again."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0 if at < len(changed):
                changed[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(changed):
                changed[at] = chance.choice((0, 1, 3, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 2:
                changed[at:at] = chance.randbytes(chance.randint(1, 8))
            case 3:
                del changed[at : at + chance.randint(1, 16)]
            case _:
                start = chance.randrange(len(changed) + 1)
                changed[at:at] = changed[start : start + chance.randint(1, 40)]
    return bytes(changed)


def change_body(data: bytes, chance: random.Random, by: Scramble = scramble) -> bytes:
    """An IPP request, changed in one place that has a meaning."""
    body = read_body(data)
    change = chance.choice(_CHANGES)
    change(body, chance, by)
    return body.write()


def _change_head(body: Body, chance: random.Random, by: Scramble) -> None:
    head = bytearray(body.head.ljust(8, b"\0"))
    match chance.randrange(8):
        case 0:
            head[:2] = chance.choice((b"\1\0", b"\1\1", b"\2\0", b"\2\2", b"\0\0", b"\3\0", b"\xff\xff"))
        case 1:
            head[4:] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
        case _:
            head[2:4] = chance.choice((*d.OPERATIONS, 0, 0xFFFF, 0x4001)).to_bytes(2)
    body.head = bytes(head)


def _add_attribute(body: Body, chance: random.Random, by: Scramble) -> None:
    at = chance.choice((body.find_end(), chance.randint(0, len(body.tokens))))
    body.tokens[at:at] = make_attribute(chance)


def make_attribute(chance: random.Random) -> list[Token]:
    """One that we know, with one value of its own or several."""
    if chance.random() < 0.2:
        return [Token(one.tag, one.name, one.value) for one in chance.choice(d.COLLECTIONS)]
    name, (tag, values) = chance.choice(_KNOWN)
    made = [Token(tag, name.encode(), chance.choice(values))]
    while chance.random() < 0.25:
        made.append(Token(tag, b"", chance.choice(values)))
    return made


def _other_value(body: Body, chance: random.Random, by: Scramble) -> None:
    token = _pick(body, chance)
    if token is None:
        return
    known = d.ATTRIBUTES.get(token.name.decode("latin-1"))
    if known is not None and chance.random() < 0.7:
        token.tag, token.value = known[0], chance.choice(known[1])
    else:
        token.value = chance.choice((chance.choice(_ANY_VALUE), by(token.value, chance)))


def _other_tag(body: Body, chance: random.Random, by: Scramble) -> None:
    token = chance.choice(body.tokens) if body.tokens else None
    if token is not None:
        token.tag = chance.choice(d.GROUPS if token.delimits and chance.random() < 0.8 else d.TAGS)


def _other_name(body: Body, chance: random.Random, by: Scramble) -> None:
    token = _pick(body, chance)
    if token is not None:
        token.name = chance.choice(
            (b"", b"x" * 300, b"\xff", chance.choice(_KNOWN)[0].encode(), by(token.name, chance))
        )


def _lie(body: Body, chance: random.Random, by: Scramble) -> None:
    token = _pick(body, chance)
    if token is not None:
        lie = chance.choice((-1, 1, 2, -4, 4, 100, 0x7FFF, 0x8000, 0xFFFF))
        token.lies = (lie, 0) if chance.random() < 0.4 else (0, lie)


def _shuffle(body: Body, chance: random.Random, by: Scramble) -> None:
    tokens = body.tokens
    if not tokens:
        return
    at, length = chance.randrange(len(tokens)), chance.choice((1, 1, 1, 2, 5))
    run = tokens[at : at + length]
    match chance.randrange(4):
        case 0:
            del tokens[at : at + length]
        case 1:
            tokens[at:at] = [Token(one.tag, one.name, one.value) for one in run] * chance.choice((1, 1, 3, 40))
        case 2:
            del tokens[at : at + length]
            to = chance.randint(0, len(tokens))
            tokens[to:to] = run
        case _:
            tokens.insert(at, Token(chance.choice(d.GROUPS)))


def _nest(body: Body, chance: random.Random, by: Scramble) -> None:
    """A value becomes a member of a collection, perhaps one deep within others that perhaps do not all end."""
    if not body.tokens:
        return
    at, depth = chance.randrange(len(body.tokens)), chance.choice((1, 1, 2, 3, 15, 16, 17, 40))
    inner = body.tokens[at]
    begin = [Token(BEGIN_COLLECTION, inner.name), Token(MEMBER_NAME, b"", b"m")]
    deeper = [Token(BEGIN_COLLECTION), Token(MEMBER_NAME, b"", b"m")] * (depth - 1)
    ends = [Token(END_COLLECTION)] * max(0, depth - chance.choice((0, 0, 0, 1, -1)))
    body.tokens[at : at + 1] = [*begin, *deeper, Token(inner.tag, b"", inner.value), *ends]


def _other_document(body: Body, chance: random.Random, by: Scramble) -> None:
    body.document = chance.choice((chance.choice(d.DOCUMENTS), by(body.document, chance)))


def _pick(body: Body, chance: random.Random) -> Token | None:
    values = [token for token in body.tokens if not token.delimits]
    return chance.choice(values) if values else None


_KNOWN: Sequence[tuple[str, tuple[int, tuple[bytes, ...]]]] = tuple(d.ATTRIBUTES.items())
_ANY_VALUE = tuple({value for _, values in d.ATTRIBUTES.values() for value in values})
_CHANGES = (
    _change_head, _add_attribute, _add_attribute, _add_attribute, _other_value, _other_value, _other_value, _other_tag,
    _other_name, _lie, _shuffle, _shuffle, _nest, _other_document,
)  # fmt: skip
