"""Where bodies end, in any pieces: by length and by chunks (RFC 9112 §6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp.http_framing import BadFraming, ChunkedFraming, Framing, LengthFraming


def feed(framing: Framing, data: bytes, sizes: list[int]) -> tuple[bytes, bytes]:
    """The content, and what was left behind it."""
    parts: list[bytes] = []
    steps = iter(sizes)
    while data and not framing.complete:
        size = next(steps, len(data))
        used = framing.feed(memoryview(data[:size]), parts)
        assert framing.complete or used == min(size, len(data))
        data = data[used:]
    return b"".join(parts), data


SIZES = st.lists(st.integers(min_value=1, max_value=20), max_size=60)


@given(st.binary(max_size=200), st.binary(max_size=20), SIZES)
def test_a_length_is_kept_to(content: bytes, behind: bytes, sizes: list[int]) -> None:
    framing = LengthFraming(len(content))
    assert feed(framing, content + behind, sizes) == (content, behind)
    assert framing.complete


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.binary(max_size=20), SIZES, st.booleans())
def test_chunks_are_put_together(chunks: list[bytes], behind: bytes, sizes: list[int], plain: bool) -> None:
    extension, trailers = (b"", b"") if plain else (b" ; a=b", b"A: b\r\nC: d\r\n")
    data = b"".join(b"%X%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    framing = ChunkedFraming()
    assert feed(framing, data + b"000\r\n" + trailers + b"\r\n" + behind, sizes) == (b"".join(chunks), behind)
    assert framing.complete


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"-1\r\n",
        b"0x5\r\nabcde\r\n",
        b"5\nabcde\r\n",
        b"3\r\nabcde\r\n",
        b"1" * 16 + b"\r\n",
        b"5;" + b"x" * 300 + b"\r\n",
        b"0\r\n" + b"A: b\r\n" * 3000,
        b"1\r\nx\r\n" * 3000,
    ],
)
def test_what_is_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(BadFraming):
        feed(ChunkedFraming(), data, [7, 1, 5])


@given(st.binary(max_size=300), SIZES)
def test_any_octets_are_framed_or_refused(data: bytes, sizes: list[int]) -> None:
    try:
        feed(ChunkedFraming(), data, sizes)
    except BadFraming:
        return
