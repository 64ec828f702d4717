"""Arbitrary messages survive the wire, and arbitrary bytes raise nothing but the codec's own errors."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp import (
    Attribute,
    CodecError,
    Collection,
    Group,
    HeadReader,
    Incomplete,
    Malformed,
    Message,
    Value,
    ValueTag,
    decode_message,
    encode_message,
)
from distwire.ipp import values as v

INT32 = st.integers(-(2**31), 2**31 - 1)
NAMES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ASCII = st.text(st.characters(max_codepoint=0x7F), max_size=60)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(
    lambda moment, tenth, zone: moment.replace(microsecond=tenth * 100_000, tzinfo=zone),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is chosen apart
    st.integers(0, 9),
    ZONES,
)
PLAIN_VALUES = st.one_of(
    INT32.map(v.integer),
    INT32.map(v.enum),
    st.booleans().map(v.boolean),
    st.builds(v.range_of, INT32, INT32),
    st.builds(v.resolution, INT32, INT32, st.sampled_from([v.DPI, v.DPCM])),
    MOMENTS.map(v.date_time),
    st.binary(max_size=80).map(v.octets),
    TEXTS.map(v.text),
    TEXTS.map(v.name),
    st.builds(v.text, TEXTS, ASCII),
    st.builds(v.name, TEXTS, ASCII),
    ASCII.map(v.keyword),
    ASCII.map(v.uri),
    ASCII.map(v.uri_scheme),
    ASCII.map(v.charset),
    ASCII.map(v.natural_language),
    ASCII.map(v.mime_type),
    st.sampled_from([v.UNSUPPORTED, v.UNKNOWN, v.NO_VALUE, v.NOT_SETTABLE, v.DELETE_ATTRIBUTE, v.ADMIN_DEFINE]),
    st.builds(Value, st.sampled_from([0x24, 0x38, 0x43, 0x5F]), st.binary(max_size=20)),
    st.builds(Value, st.integers(0x100, 0x7FFFFFFF), st.binary(max_size=20)),
)


def _collections(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    attributes = st.builds(Attribute, NAMES, st.lists(values, min_size=1, max_size=3))
    return st.lists(attributes, max_size=3).map(lambda members: Value(ValueTag.BEGIN_COLLECTION, Collection(members)))


VALUES = st.recursive(PLAIN_VALUES, _collections, max_leaves=8)
ATTRIBUTES = st.builds(Attribute, NAMES, st.lists(VALUES, min_size=1, max_size=3))
GROUPS = st.builds(Group, st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9, 10, 15]), st.lists(ATTRIBUTES, max_size=4))
MESSAGES = st.builds(
    Message,
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(GROUPS, max_size=4).map(tuple),
)


@given(MESSAGES, st.binary(max_size=20))
def test_message_survives_the_wire(message: Message, document: bytes) -> None:
    raw = encode_message(message)
    decoded, consumed = decode_message(raw + document)
    assert decoded == message
    assert consumed == len(raw)
    assert encode_message(decoded) == raw


@given(MESSAGES, st.binary(max_size=20), st.lists(st.integers(1, 30), min_size=1))
def test_pieces_of_any_size_give_the_same_message(message: Message, document: bytes, sizes: list[int]) -> None:
    raw = encode_message(message) + document
    reader = HeadReader()
    at = 0
    turn = 0
    found = None
    while found is None and at < len(raw):
        size = sizes[turn % len(sizes)]
        found = reader.feed(raw[at : at + size])
        at, turn = at + size, turn + 1
    assert found == message
    assert reader.rest + raw[at:] == document


@given(MESSAGES, st.data())
def test_every_cut_is_incomplete_and_never_malformed(message: Message, data: st.DataObject) -> None:
    raw = encode_message(message)
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(Incomplete) as caught:
        decode_message(raw[:cut], complete=False)
    assert cut < caught.value.needed <= len(raw)


def _look_at_all(message: Message) -> None:
    pending = [attribute for group in message.groups for attribute in group]
    while pending:
        attribute = pending.pop()
        assert isinstance(attribute.strings, tuple)
        assert isinstance(attribute.integers, tuple)
        for inner in attribute.collections:
            pending.extend(inner)
    assert repr(message)
    assert hash(message) is not None


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_the_codecs_errors(raw: bytes) -> None:
    for complete in (True, False):
        try:
            message, _ = decode_message(raw, complete=complete)
        except Malformed:
            continue
        except Incomplete:
            assert not complete
            continue
        _look_at_all(message)


TOKENS = st.builds(
    lambda tag, name, raw: bytes([tag]) + len(name).to_bytes(2) + name + len(raw).to_bytes(2) + raw,
    st.one_of(st.sampled_from([*ValueTag]), st.integers(0x10, 0xFF)),
    st.one_of(st.just(b""), st.binary(max_size=5)),
    st.one_of(st.just(b""), st.binary(max_size=12)),
)
DELIMITERS = st.integers(0, 15).map(lambda tag: bytes([tag]))


@given(st.lists(st.one_of(TOKENS, DELIMITERS), max_size=40))
def test_any_order_of_tokens_is_read_or_refused(tokens: list[bytes]) -> None:
    raw = b"\x02\x00\x00\x0b\x00\x00\x00\x01" + b"".join(tokens)
    try:
        message, _ = decode_message(raw)
    except CodecError:
        return
    _look_at_all(message)
