"""Heads of requests, in any pieces: what is served, and the status of what is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp.auth import Credentials, read_basic
from distwire.ipp.http_head import BadHead, Head, HeadReader

WHOLE = b"POST http://h:1/p?q HTTP/1.1\r\nHost: x\r\nA: 1\r\nContent-Length: 12\r\na: 2\r\nExpect: 100-Continue\r\n\r\n"


def read(data: bytes, sizes: list[int]) -> tuple[Head | None, bytes]:
    """The head in these octets, and what was left behind it."""
    reader, steps = HeadReader(1000, 20), iter(sizes)
    while data:
        size = next(steps, len(data))
        head, used = reader.feed(data[:size])
        data = data[used:]
        if head is not None:
            return head, data
    return None, data


def status_of(data: bytes, sizes: list[int]) -> int:
    """The HTTP status that it comes to: 100 where more has to come."""
    try:
        return 100 if read(data, sizes)[0] is None else 200
    except BadHead as error:
        return error.status


SIZES = st.lists(st.integers(min_value=1, max_value=30), max_size=80)


@given(st.binary(max_size=30), SIZES)
def test_a_head_is_found_wherever_it_is_cut(behind: bytes, sizes: list[int]) -> None:
    head, left = read(WHOLE + behind, sizes)
    assert head is not None
    assert (head.method, head.path, head.authority, head.length) == ("POST", "/p", "h:1", 12)
    assert (head.headers["a"], head.expects, head.keeps_alive, head.newest) == ("1, 2", True, True, True)
    assert left == behind


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1), st.binary(max_size=4), SIZES)
def test_a_changed_head_is_read_or_refused(at: int, octets: bytes, sizes: list[int]) -> None:
    data = WHOLE[:at] + octets + WHOLE[at + len(octets) :]
    assert status_of(data, sizes) in {100, 200, 400, 413, 417, 431, 501, 505}  # 100: its end is what was changed


@given(st.binary(max_size=300), SIZES)
def test_any_octets_are_no_head(data: bytes, sizes: list[int]) -> None:
    assert status_of(data, sizes) in {100, 400}


def test_credentials_are_read_in_utf_8_and_latin_1() -> None:
    assert read_basic("Basic 55Sw5LitOmE6Yg==") == Credentials("田中", "a:b")
    assert read_basic("basic  /DpwdyA=") == Credentials("ü", "pw ")
    for broken in ("", "Basic", "Basic !!", "Basic dXNlcg==", "Digest username=x", "Basic dXNlcg"):
        assert read_basic(broken) is None


@given(st.text(max_size=60))
def test_any_header_of_credentials_is_read_or_none(words: str) -> None:
    read_basic(words)
    read_basic("Basic " + words)
