"""What devices get wrong is overlooked and noted; what could hurt us is refused."""

from __future__ import annotations

import pytest

from distwire.ipp import HeadReader, Limits, Localized, Malformed, Value, ValueTag, decode_message
from distwire.ipp.enums import status_keyword
from distwire.ipp.syntax import decode_value

HEAD = b"\x01\x01\x00\x00\x00\x00\x00\x07"


def token(tag: int, name: bytes, raw: bytes) -> bytes:
    return bytes([tag]) + len(name).to_bytes(2) + name + len(raw).to_bytes(2) + raw


def test_missing_end_is_noted() -> None:
    message, consumed = decode_message(HEAD + b"\x04" + token(0x21, b"copies", b"\0\0\0\x02"))
    assert message.printer.integer("copies") == 2
    assert message.notes == ("the end is missing",)
    assert consumed == len(HEAD) + 1 + 15


def test_wrong_lengths_stay_raw() -> None:
    wrong = {0x21: b"\0\1", 0x22: b"\2", 0x31: b"x" * 11, 0x32: b"\0", 0x33: b"\0" * 4, 0x35: b"\0\x09x", 0x10: b"x"}
    for tag, raw in wrong.items():
        assert decode_value(tag, raw) == Value(tag, raw)
    message, _ = decode_message(HEAD + b"\x04" + token(0x21, b"copies", b"\0\1") + b"\x03")
    assert message.printer.integer("copies") is None


def test_latin_1_is_read() -> None:
    assert decode_value(ValueTag.TEXT, b"B\xfcro").text == "Büro"
    assert decode_value(ValueTag.NAME_WITH_LANGUAGE, b"\0\2de\0\1x") == Value(0x36, Localized("x", "de"))


def test_value_before_any_name_and_group_is_noted() -> None:
    raw = HEAD + token(0x44, b"", b"stray") + token(0x44, b"sides", b"one-sided") + token(0x44, b"", b"two") + b"\x03"
    message, _ = decode_message(raw)
    assert message.group(0).strings("sides") == ("one-sided", "two")
    assert set(message.notes) == {
        "a value stands before the first name",
        "an attribute stands before the first group",
    }


def test_collection_that_does_not_end_is_noted() -> None:
    inner = token(0x34, b"media-col", b"") + token(0x4A, b"", b"media-type") + token(0x44, b"", b"stationery")
    message, _ = decode_message(HEAD + b"\x04" + inner + token(0x21, b"copies", b"\0\0\0\1") + b"\x03")
    assert message.printer.collections("media-col")[0].string("media-type") == "stationery"
    assert message.printer.integer("copies") == 1
    assert message.notes == ("a collection does not end",)


def test_collection_that_ends_twice_is_noted() -> None:
    run = token(0x34, b"media-col", b"") + token(0x37, b"", b"") * 2
    message, _ = decode_message(HEAD + b"\x04" + run + b"\x03")
    assert len(message.printer.collections("media-col")) == 1
    assert message.notes == ("a collection ends that did not begin",)


def test_first_of_two_attributes_counts() -> None:
    raw = HEAD + b"\x04" + token(0x44, b"sides", b"a") + token(0x44, b"sides", b"b") + b"\x03"
    assert decode_message(raw)[0].printer.string("sides") == "a"


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        (b"\x04" + token(0x34, b"c", b"") + token(0x34, b"", b"") * 20 + b"\x03", Limits()),
        (b"\x04" + token(0x21, b"c", b"\0\0\0\1") * 5, Limits(values=4)),
        (b"\x04" * 5, Limits(groups=4)),
        (b"\x04" + token(0x44, b"n" * 2000, b""), Limits()),
        (b"\x04" + token(0x44, b"n", b"x" * 0x8000), Limits()),
        (b"\x04" + token(0x44, b"n", b"x" * 200), Limits(size=100)),
    ],
)
def test_beyond_the_limits_is_refused(raw: bytes, limits: Limits) -> None:
    with pytest.raises(Malformed):
        decode_message(HEAD + raw, limits=limits)


@pytest.mark.parametrize(
    "raw", [b"", HEAD[:7], HEAD + b"\x04\x21\x00", HEAD + b"\x04" + token(0x44, b"n", b"abc")[:-1]]
)
def test_cut_inside_an_attribute_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_message(raw)


def test_head_reader_takes_no_end_for_an_answer() -> None:
    reader = HeadReader()
    assert reader.feed(HEAD + b"\x01") is None
    assert reader.finish().request_id == 7


def test_head_reader_refuses_endless_attributes() -> None:
    reader = HeadReader(Limits(size=100))
    pieces = [token(0x44, b"", b"x" * 10)] * 6
    assert [reader.feed(piece) for piece in pieces] == [None] * 6
    with pytest.raises(Malformed):
        reader.feed(token(0x44, b"", b"x" * 10))


def test_status_keywords() -> None:
    assert status_keyword(0x0000) == "successful-ok"
    assert status_keyword(0x0507) == "server-error-busy"
    assert status_keyword(0x040A) == "client-error-document-format-not-supported"
    assert status_keyword(0x04FF) == "status-0x04ff"
