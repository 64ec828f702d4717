"""One request as bytes, in any pieces: answered, streamed, decompressed, refused; never an exception."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp import Message, Operation, Status, attribute, decode_message, encode_message
from distwire.ipp.exchange import Exchange, ExchangeLimits
from distwire.ipp.service import AuthenticationNeeded, Call, Context, Refusal, Reply, Service
from distwire.ipp.values import keyword
from tests.unit.ipp_service.requests import Recorder, make_request, print_request


def answer_of(exchange: Exchange) -> Message:
    return decode_message(exchange.finish())[0]


def deflate_raw(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 8, 50, 4096])
@pytest.mark.parametrize(
    ("compression", "pack"),
    [(None, bytes), ("none", bytes), ("gzip", gzip.compress), ("deflate", deflate_raw), ("deflate", zlib.compress)],
)
def test_a_document_arrives_whole_in_any_pieces_and_compression(compression: str, pack: object, size: int) -> None:
    document = bytes(range(256)) * 20
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    for piece in pieces(print_request(compression) + pack(document), size):  # type: ignore[operator]
        exchange.feed(piece)
    answer = answer_of(exchange)
    assert (answer.code, answer.status_message) == (Status.OK, f"{len(document)} bytes")
    assert recorder.sinks[0].document == document


def test_a_request_without_document_is_answered_at_its_end_tag() -> None:
    exchange = Exchange(Recorder().service, Context())
    exchange.feed(encode_message(make_request()))
    assert exchange.answered
    exchange.feed(b"and some more that nobody looks at")
    assert answer_of(exchange).code == Status.OK


@pytest.mark.parametrize("compression", ["gzip", "deflate"])
def test_a_bomb_is_cut_off_with_little_memory(compression: str) -> None:
    """A document that blows up is refused by its size; what is handed on stays in small pieces."""
    packed = gzip.compress(bytes(40 << 20)) if compression == "gzip" else zlib.compress(bytes(40 << 20))
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context(), ExchangeLimits(document=1 << 20))
    exchange.feed(print_request(compression) + packed)
    assert exchange.answered
    assert answer_of(exchange).code == Status.REQUEST_ENTITY_TOO_LARGE
    (sink,) = recorder.sinks
    assert len(sink.document) <= 1 << 20
    assert sink.largest <= 1 << 16
    assert len(sink.aborted) == 1
    assert not sink.finished


def test_a_bomb_below_the_size_limit_is_cut_off_by_its_ratio() -> None:
    packed = gzip.compress(bytes(48 << 20))
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    exchange.feed(print_request("gzip") + packed)
    assert answer_of(exchange).code == Status.REQUEST_ENTITY_TOO_LARGE
    assert recorder.sinks[0].aborted


@pytest.mark.parametrize(
    "broken", [b"this is not gzip", gzip.compress(b"cut off " * 99)[:-12]], ids=["no gzip", "cut off"]
)
def test_broken_compression_aborts_the_document(broken: bytes) -> None:
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    exchange.feed(print_request("gzip"))
    exchange.feed(broken)
    assert answer_of(exchange).code == Status.COMPRESSION_ERROR
    assert recorder.sinks[0].aborted


def test_a_sink_may_refuse_in_the_middle() -> None:
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    for piece in (print_request(), b"good ", b"refuse ", b"never seen"):
        exchange.feed(piece)
    assert answer_of(exchange).code == Status.NOT_POSSIBLE
    assert recorder.sinks[0].document == b"good "
    assert recorder.sinks[0].aborted == ["not this one"]


def test_a_defect_of_ours_is_an_internal_error_and_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    exchange.feed(print_request() + b"explode")
    assert answer_of(exchange).code == Status.INTERNAL_ERROR
    assert "ZeroDivisionError" in caplog.text
    assert recorder.sinks[0].aborted


def test_a_body_that_breaks_off_aborts_the_sink_once() -> None:
    recorder = Recorder()
    exchange = Exchange(recorder.service, Context())
    exchange.feed(print_request() + b"half a docu")
    exchange.abort()
    exchange.abort()
    assert recorder.sinks[0].aborted == ["the client went away"]


def test_attributes_beyond_the_limit_are_refused_with_their_request_id() -> None:
    exchange = Exchange(Recorder().service, Context())
    exchange.feed(b"\2\0\0\x0b\0\0\0\x2a\1" + b"\x44\0\1a\x7f\xff" + b"x" * 32767)
    for _ in range(100):
        exchange.feed(b"\x44\0\1a\x7f\xff" + b"x" * 32767)
    assert exchange.answered
    answer = answer_of(exchange)
    assert (answer.code, answer.request_id) == (Status.BAD_REQUEST, 0x2A)


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_arbitrary_bytes_get_an_answer(parts: list[bytes]) -> None:
    exchange = Exchange(Recorder().service, Context())
    for part in parts:
        exchange.feed(part)
    assert answer_of(exchange).code >= Status.BAD_REQUEST


@given(
    st.integers(min_value=0, max_value=400), st.integers(min_value=0, max_value=255), st.sampled_from([None, "gzip"])
)
def test_a_damaged_request_gets_an_answer(at: int, byte: int, compression: str | None) -> None:
    body = bytearray(print_request(compression) + gzip.compress(b"document"))
    body[at % len(body)] = byte
    exchange = Exchange(Recorder().service, Context())
    exchange.feed(bytes(body))
    answer_of(exchange)


class Later:
    """A service whose answer comes later, and that lets in only whom it is told to."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.service = Service({Operation.GET_PRINTER_ATTRIBUTES: self.look}, admit=self.admit)

    def admit(self, context: Context) -> Context:
        if self.refusal is not None:
            raise self.refusal
        return replace(context, user="tanaka")

    async def look(self, call: Call) -> Reply:
        if call.operation.find("requested-attributes") is not None:
            raise Refusal(Status.NOT_POSSIBLE, "not now")
        return Reply(words=f"for {call.user}")


async def test_an_answer_that_comes_later_is_settled() -> None:
    for more, status in (((), Status.OK), ((attribute("requested-attributes", keyword("all")),), Status.NOT_POSSIBLE)):
        exchange = Exchange(Later().service, Context())
        exchange.feed(encode_message(make_request(Operation.GET_PRINTER_ATTRIBUTES, *more)))
        assert exchange.answered
        assert exchange.pending
        await exchange.settle()
        assert answer_of(exchange).code == status


def test_a_rim_that_cannot_wait_says_so() -> None:
    exchange = Exchange(Later().service, Context())
    exchange.feed(encode_message(make_request()))
    assert answer_of(exchange).code == Status.INTERNAL_ERROR


def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    exchange = Exchange(Later().service, Context())
    exchange.feed(encode_message(make_request()))
    exchange.abort()
    assert not exchange.pending


def test_who_is_not_let_in_is_answered_with_or_without_a_request() -> None:
    early = Exchange(Later(AuthenticationNeeded("office")).service, Context())
    early.admit()
    assert early.answered
    assert isinstance(early.refusal, AuthenticationNeeded)
    late = Exchange(Later(Refusal(Status.BUSY, "later")).service, Context())
    late.feed(encode_message(make_request()))
    assert late.refusal is None
    assert answer_of(late).code == Status.BUSY
