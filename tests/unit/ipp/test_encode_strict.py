"""What would not be valid IPP is not sent."""

from __future__ import annotations

from datetime import datetime

import pytest

from distwire.ipp import Attribute, Collection, Group, Message, Unencodable, Value, ValueTag, attribute, make_message
from distwire.ipp import values as v
from distwire.ipp.encode import encode_message, make_sayable

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    "value",
    [
        v.integer(2**31),
        v.integer(True),
        Value(ValueTag.INTEGER, "1"),
        Value(ValueTag.BOOLEAN, 1),
        v.keyword("ü"),
        v.keyword("x" * 256),
        v.name("あ" * 86),
        v.text("x" * 1024),
        v.octets(b"x" * 1024),
        v.name("x", "l" * 64),
        v.date_time(NAIVE),
        v.range_of(0, 2**31),
        Value(ValueTag.RANGE_OF_INTEGER, 5),
        Value(ValueTag.BEGIN_COLLECTION, None),
        Value(ValueTag.END_COLLECTION, b""),
        Value(ValueTag.NO_VALUE, 5),
        Value(0x03, b""),
        Value(0x90, b""),
        Value(0x43, b"x" * 0x8000),
    ],
    ids=repr,
)
def test_bad_value_is_refused(value: Value) -> None:
    with pytest.raises(Unencodable):
        encode_message(make_message(2, 1, [attribute("x", value)]))


@pytest.mark.parametrize(
    "message",
    [
        Message((1, 256), 2, 1),
        Message((1, 1), 0x10000, 1),
        Message((1, 1), 2, -1),
        Message((1, 1), 2, 1, (Group(0),)),
        Message((1, 1), 2, 1, (Group(3),)),
        Message((1, 1), 2, 1, (Group(4, [Attribute("", [v.integer(1)])]),)),
        Message((1, 1), 2, 1, (Group(4, [Attribute("x", [])]),)),
        Message((1, 1), 2, 1, (Group(4, [Attribute("x" * 256, [v.integer(1)])]),)),
    ],
)
def test_bad_message_is_refused(message: Message) -> None:
    with pytest.raises(Unencodable):
        encode_message(message)


def test_collections_without_bottom_are_refused() -> None:
    value = v.integer(1)
    for _ in range(40):
        value = Value(ValueTag.BEGIN_COLLECTION, Collection([attribute("x", value)]))
    with pytest.raises(Unencodable):
        encode_message(make_message(2, 1, [attribute("x", value)]))


def test_request_begins_as_it_must() -> None:
    """RFC 8011 §4.1.4.1: charset first, language second, the target third."""
    message = make_message(0x0B, 5, [attribute("printer-uri", v.uri("ipp://h/p"))])
    names = [a.name for a in message.operation]
    assert names == ["attributes-charset", "attributes-natural-language", "printer-uri"]
    assert encode_message(message).startswith(b"\x02\x00\x00\x0b\x00\x00\x00\x05\x01\x47")


@pytest.mark.parametrize(
    "value", [Value(ValueTag.KEYWORD, b"\xff"), Value(ValueTag.DATE_TIME, b"x"), v.keyword("ü"), v.keyword("x" * 256)]
)
def test_of_what_came_wrong_the_name_is_said_again(value: Value) -> None:
    """What a printer says of attributes that it does not take, it may have to say of broken ones."""
    good, bad, nameless = (
        attribute("a", v.integer(1)),
        attribute("b", v.integer(1), value),
        attribute("ü", v.integer(1)),
    )
    assert make_sayable((good, bad, nameless, attribute("c"))) == (
        good,
        attribute("b", v.UNSUPPORTED),
        attribute("c", v.UNSUPPORTED),
    )
