"""Answers of HTTP in any pieces and of any quality (D4, N4): read alike, or refused as no IPP, and nothing else."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp.answer import Answer
from distwire.ipp.failures import NotIpp

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: 5\r\nX-Empty:\r\n\r\nabcde"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3 \r\ncde\r\n0\r\nTrailer: t\r\n\r\n"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nConnection: close\r\n\r\n" + PLAIN
BARE_LINES = PLAIN.replace(b"\r\n", b"\n")
TWO_LENGTHS = CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 99\r\n\r\n", 1)


def read(wire: bytes, cuts: list[int] | None = None, most: int = 100) -> Answer:
    """What comes of these octets, cut there."""
    answer = Answer()
    answer.expect(most)
    edges = sorted({0, *(cut for cut in cuts or () if cut < len(wire)), len(wire)})
    for begin, end in itertools.pairwise(edges):
        answer.feed(wire[begin:end])
    return answer


@pytest.mark.parametrize("wire", [PLAIN, CHUNKED, CONTINUED, BARE_LINES, TWO_LENGTHS])
@given(cuts=st.lists(st.integers(1, 150), max_size=8))
def test_any_cuts_give_the_same_answer(wire: bytes, cuts: list[int]) -> None:
    answer = read(wire, cuts)
    assert answer.complete
    assert answer.keeps_alive
    assert answer.make_response(whole=True).status == 200
    assert answer.make_response(whole=True).body == b"abcde"


@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", PLAIN[:-5], CHUNKED[:49]]))
def test_any_octets_are_an_answer_or_no_ipp(noise: bytes, beginning: bytes) -> None:
    answer = Answer()
    answer.expect(100)
    with contextlib.suppress(NotIpp):
        answer.feed(beginning + noise)
        answer.end()
        assert len(answer.make_response(whole=True).body) <= 100
        assert answer.refuses in (True, False)


def test_headers_are_found_by_name() -> None:
    response = read(b"HTTP/1.1 401 No\r\nWWW-Authenticate: a\r\nwww-AUTHENTICATE:  b \r\nContent-Length: 0\r\n\r\n")
    assert response.make_response(whole=True).all_headers("www-authenticate") == ["a", "b"]
    assert read(PLAIN).make_response(whole=True).header("x-empty") == ""
    assert read(PLAIN).make_response(whole=True).header("retry-after") is None


def test_answer_without_a_length_ends_with_the_connection() -> None:
    answer = read(b"HTTP/1.0 200 OK\r\nContent-Type: application/ipp\r\n\r\nabc")
    assert not answer.complete
    answer.end()
    assert answer.complete
    assert not answer.keeps_alive
    assert answer.make_response(whole=True).body == b"abc"


@pytest.mark.parametrize("wire", [PLAIN[:-1], CHUNKED[:-2], PLAIN[:30], CONTINUED[:25], b""])
def test_answer_that_breaks_off_is_not_complete(wire: bytes) -> None:
    answer = read(wire)
    answer.end()
    assert not answer.complete


def test_closing_is_heeded() -> None:
    assert not read(PLAIN.replace(b"X-Empty:", b"Connection: close")).keeps_alive
    assert not read(PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0")).keeps_alive


def test_more_than_was_asked_for_is_noticed() -> None:
    answer = read(PLAIN + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    assert answer.surplus
    assert answer.make_response(whole=True).body == b"abcde"
    assert answer.make_response(whole=True).status == 200


@pytest.mark.parametrize(
    "endless",
    [
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000,
        CHUNKED[:-2] + b"A: b\r\n" * 20_000,
    ],
)
def test_head_without_end_is_refused(endless: bytes) -> None:
    """N4: no device fills our memory."""
    with pytest.raises(NotIpp, match="does not end"):
        read(endless, list(range(0, len(endless), 1000)))


@pytest.mark.parametrize("wire", [PLAIN, CHUNKED])
def test_content_beyond_the_limit_is_refused(wire: bytes) -> None:
    with pytest.raises(NotIpp, match="larger than 4 bytes"):
        read(wire, most=4)


def test_an_answer_reads_the_next_one_as_the_first() -> None:
    answer = read(PLAIN)
    answer.expect(100)
    assert not answer.complete
    answer.feed(CHUNKED)
    assert answer.make_response(whole=True).body == b"abcde"


@pytest.mark.parametrize(
    ("wire", "refuses"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\2\0\0\0\0\0\0\1", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\2\0\4\1\0\0\0\1", True),
        (b"HTTP/1.1 503 No\r\nContent-Length: 8\r\n\r\n\2\0\0\0\0\0\0\1", True),
    ],
)
def test_refusals_are_recognised(wire: bytes, refuses: bool) -> None:
    assert read(wire).refuses is refuses
