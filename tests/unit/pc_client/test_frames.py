"""Messages of a bus, cut out of its bytes wherever these are torn, and whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import DBusAddress, Message, new_method_call

from pc_client.receiver.tray.frames import BadStream, Frames, Unread

ADDRESS = DBusAddress("/StatusNotifierItem", "org.example.Item", "org.kde.StatusNotifierItem")
BODIES = st.sampled_from([("s", ("text",)), ("a{sv}", ({"a": ("i", 1)},)), ("ay", (bytes(3 << 20),)), (None, ())])


def make_bytes(bodies: list[tuple[str | None, tuple[object, ...]]]) -> bytes:
    calls = [new_method_call(ADDRESS, "Activate", signature, body) for signature, body in bodies]
    return b"".join(call.serialise(serial) for serial, call in enumerate(calls, 1))


@given(st.lists(BODIES, max_size=4), st.lists(st.integers(0, 1 << 20), max_size=6))
def test_messages_are_whole_wherever_their_bytes_are_torn(
    bodies: list[tuple[str | None, tuple[object, ...]]], sizes: list[int]
) -> None:
    raw, frames, read = make_bytes(bodies), Frames(), []
    for size in (*sizes, len(raw)):
        read += list(frames.feed(raw[:size]))
        raw = raw[size:]
    assert [(one.message if isinstance(one, Unread) else one).header.serial for one in read] == [
        number for number, _ in enumerate(bodies, 1)
    ]
    for one, (signature, body) in zip(read, bodies, strict=True):
        assert isinstance(one, Unread) if signature == "ay" else isinstance(one, Message) and one.body == body


@given(st.binary(max_size=300), st.sampled_from([b"l", b"B"]), st.binary(max_size=100))
def test_bytes_that_are_no_messages_raise_nothing_else(start: bytes, order: bytes, more: bytes) -> None:
    frames = Frames()
    try:
        for _ in frames.feed(make_bytes([("s", ("x",))]) + order + start + more):
            pass
    except BadStream:
        assert start or more


@given(st.data())
def test_a_spoilt_message_is_read_refused_or_passed_by(data: st.DataObject) -> None:
    raw = bytearray(make_bytes([("a(isvu)", ([(1, "clicked", ("i", 0), 2)],))]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(16, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert len(list(Frames().feed(bytes(raw)))) <= 1


def test_fields_of_a_later_protocol_are_ignored() -> None:
    raw = make_bytes([("s", ("text",))])
    size = int.from_bytes(raw[12:16], "little")
    end = 16 + size
    more = bytes(-end % 8) + b"\x2a\x01u\0" + (7).to_bytes(4, "little")
    header = raw[:12] + (size + len(more)).to_bytes(4, "little") + raw[16:end] + more
    (read,) = Frames().feed(header + bytes(-len(header) % 8) + raw[end + -end % 8 :])
    assert isinstance(read, Message)
    assert read.body == ("text",)


def test_a_stream_without_messages_is_told_so() -> None:
    with pytest.raises(BadStream, match="begins with"):
        list(Frames().feed(b"HTTP/1.1 200 OK\r\n\r\n"))
