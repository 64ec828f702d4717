"""Arbitrary messages survive the wire, and arbitrary bytes raise nothing but the codec's own errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp import (
    CodecError,
    HeadReader,
    Incomplete,
    Malformed,
    Message,
    ValueTag,
    decode_message,
    encode_message,
)
from tests.support.ipp_strategies import MESSAGES


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
