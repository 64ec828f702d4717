"""The HTTP server under IPP, over a real socket: framing, limits, garbage, and an end without loose ends."""

from __future__ import annotations

import asyncio

import pytest

from distwire.ipp import Status
from distwire.ipp.http import HttpLimits, HttpRequest, HttpResponse
from tests.support.ipp_rim import ATTRIBUTES, PATIENCE, make_head, run_rim, split_answers, status_of


async def test_content_length_and_chunks_carry_the_same_document() -> None:
    document = b"x" * 100_000
    async with run_rim() as it:
        body = ATTRIBUTES + document
        plain = await it.talk(make_head(len(body)) + body)
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:10], body[10:60_000], body[60_000:]))
        chunked = await it.talk(make_head(None) + chunks + b"0\r\n\r\n")
        assert [status_of(plain), status_of(chunked)] == [Status.OK, Status.OK]
        assert [sink.size for sink in it.sinks] == [100_000, 100_000]


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with run_rim() as it:
        reader, writer = await it.connect()
        for _ in range(3):
            writer.write(make_head(len(ATTRIBUTES)) + ATTRIBUTES)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"\3")
        writer.write(b"GET /panel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"GET /panel 0")
        writer.close()


async def test_a_client_that_waits_is_told_to_go_on() -> None:
    async with run_rim() as it:
        reader, writer = await it.connect()
        writer.write(make_head(len(ATTRIBUTES) + 4, "Expect: 100-continue\r\n"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(ATTRIBUTES + b"docu")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert it.sinks[0].size == 4
        writer.close()


async def test_a_client_that_waits_in_the_middle_is_told_to_go_on_too() -> None:
    """libcups sends the attributes at once, and the document after that word: or after a second, over TLS after 30."""
    async with run_rim() as it:
        reader, writer = await it.connect()
        writer.write(make_head(len(ATTRIBUTES) + 4, "Expect: 100-continue\r\n") + ATTRIBUTES)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"docu")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert it.sinks[0].size == 4
        writer.close()


async def test_an_early_refusal_reaches_a_client_that_is_still_sending() -> None:
    document = b"y" * (8 << 20)
    async with run_rim(refuse=True) as it:
        answer = await it.talk(make_head(len(ATTRIBUTES) + len(document)) + ATTRIBUTES + document)
        assert status_of(answer) == Status.NOT_ACCEPTING_JOBS


async def test_half_an_upload_is_aborted() -> None:
    async with run_rim() as it:
        _, writer = await it.connect()
        writer.write(make_head(1_000_000) + ATTRIBUTES + b"half")
        await writer.drain()
        while not it.sinks:
            await asyncio.sleep(0.01)
        writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            await it.sinks[0].aborted.wait()


async def test_a_silent_upload_is_cut_off() -> None:
    async with run_rim(HttpLimits(body=0.2)) as it:
        reader, writer = await it.connect()
        writer.write(make_head(1_000_000) + ATTRIBUTES + b"half")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read()).startswith(b"HTTP/1.1 408")
            await it.sinks[0].aborted.wait()
        writer.close()


@pytest.mark.parametrize("said", [b"", make_head(len(ATTRIBUTES)) + ATTRIBUTES], ids=["never-used", "used"])
async def test_an_idle_connection_is_closed(said: bytes) -> None:
    limits = HttpLimits(idle=0.2) if said else HttpLimits(first_byte=0.2)
    async with run_rim(limits) as it:
        reader, writer = await it.connect()
        writer.write(said)
        async with asyncio.timeout(PATIENCE):
            assert len(split_answers(await reader.read())) == bool(said)
        writer.close()


async def test_a_body_beyond_the_limit_is_refused() -> None:
    async with run_rim(HttpLimits(body_size=150_000)) as it:
        answer = await it.talk(make_head(500_000) + ATTRIBUTES + b"z" * (500_000 - len(ATTRIBUTES)))
        assert answer.startswith(b"HTTP/1.1 413")
        assert it.sinks == []
        chunk = b"%x\r\n%s\r\n" % (100_000, b"z" * 100_000)
        answer = await it.talk(
            make_head(None) + b"%x\r\n%s\r\n" % (len(ATTRIBUTES), ATTRIBUTES) + chunk * 5 + b"0\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 413")
        async with asyncio.timeout(PATIENCE):
            await it.sinks[0].aborted.wait()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /ipp/print HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: application/ipp\r\n\r\nzz\r\n",
        bytes(range(256)) * 40,
        b"",
    ],
)
async def test_garbage_is_refused_and_the_next_one_served(garbage: bytes) -> None:
    async with run_rim() as it:
        answer = await it.talk(garbage)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200"))
        assert status_of(await it.talk(make_head(len(ATTRIBUTES)) + ATTRIBUTES)) == Status.OK


async def test_the_end_lets_a_request_finish_and_cuts_idle_ones() -> None:
    started = asyncio.Event()

    async def slow(request: HttpRequest) -> HttpResponse:
        started.set()
        await asyncio.sleep(0.3)
        return HttpResponse(body=b"done")

    async with run_rim(handler=slow) as it:
        idle_reader, idle_writer = await it.connect()
        reader, writer = await it.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.wait()
        async with asyncio.timeout(PATIENCE):
            await it.server.close(grace=30)
            answer = await reader.read()
            assert await idle_reader.read() == b""
        assert answer.endswith(b"done")
        assert b"connection: close" in answer.lower()
        writer.close()
        idle_writer.close()


async def test_a_server_that_ends_with_its_task_cuts_a_client_that_takes_nothing() -> None:
    """Also where that task is being cancelled: before Python 3.11.5 a limit of time would end its last steps there."""
    started = asyncio.Event()

    async def large(request: HttpRequest) -> HttpResponse:
        started.set()
        return HttpResponse(body=bytes(64 << 20))

    async with run_rim(handler=large) as it:

        async def serve() -> None:
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                await it.server.close(grace=0.2)

        serving = asyncio.create_task(serve())
        _, writer = await it.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await started.wait()
        serving.cancel()
        await asyncio.wait({serving}, timeout=PATIENCE)
        assert not it.server._connections
        writer.close()


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    """The first is the slowest, and the last one breaks off."""

    async def slow(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0.2 if request.path == "/1" else 0)
        return HttpResponse(body=request.path.encode())

    gets = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(1, 300))
    chunked = make_head(None) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(ATTRIBUTES), ATTRIBUTES)
    async with run_rim(handler=slow) as it:
        answers = split_answers(
            await it.talk(gets + chunked + b"GET /300 HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /301 HT")
        )
        assert [body for _, body in answers[:299]] == [b"/%d" % number for number in range(1, 300)]
        assert answers[299][0].startswith(b"HTTP/1.1 200")
        assert answers[300][1] == b"/300"
        assert len(answers) == 301


async def test_garbage_behind_a_request_takes_nothing_from_its_answer() -> None:
    async with run_rim() as it:
        answers = split_answers(await it.talk(make_head(len(ATTRIBUTES)) + ATTRIBUTES + b"\0garbage\r\n\r\n" * 50))
        assert [head.split()[1] for head, _ in answers] == [b"200", b"400"]


async def test_empty_lines_before_a_request_are_passed_over() -> None:
    async with run_rim() as it:
        answers = split_answers(await it.talk((b"\r\n" + make_head(len(ATTRIBUTES)) + ATTRIBUTES) * 2 + b"\r\n"))
        assert [head.split()[1] for head, _ in answers] == [b"200", b"200"]


async def test_an_older_client_is_answered_and_kept_only_when_it_asks() -> None:
    async with run_rim() as it:
        plain = await it.talk(b"GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n")
        assert plain.endswith(b"GET /a 0")
        assert b"Connection: close" in plain
        kept = await it.talk(b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
        assert [b"Connection: keep-alive" in head for head, _ in split_answers(kept)] == [True, True]
        assert (await it.talk(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")).startswith(b"HTTP/1.1 501")


@pytest.mark.parametrize(
    ("target", "path", "authority"),
    [
        ("http://printer:631/ipp/print?waitjob=false", "/ipp/print", "printer:631"),
        ("ipp://user@printer/ipp/print", "/ipp/print", "printer"),
        ("https://printer", "/", "printer"),
        ("/ipp/print?a=b", "/ipp/print", "x"),
    ],
)
async def test_targets_may_be_whole_uris(target: str, path: str, authority: str) -> None:
    async with run_rim() as it:
        begin = make_head(len(ATTRIBUTES)).replace(b"/ipp/print", target.encode(), 1)
        assert status_of(await it.talk(begin + ATTRIBUTES)) == Status.OK
        assert (it.calls[0].context.path, it.calls[0].context.authority) == (path, authority)


async def test_a_head_has_no_body_and_options_say_what_is_done_here() -> None:
    async with run_rim() as it:
        ask = b"%s HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await it.talk(
            b"".join(ask % each for each in (b"HEAD /page", b"OPTIONS *", b"DELETE /", b"GET /page"))
        )
        first, _, rest = answer.partition(b"\r\n\r\n")
        assert b"Content-Length: 12" in first
        answers = split_answers(rest)
        assert [head.split()[1] for head, _ in answers] == [b"200", b"405", b"200"]
        assert b"Allow: GET, HEAD, OPTIONS, POST" in answers[0][0]
        assert answers[2][1] == b"GET /page 0"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", b"505"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n", b"417"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 5000, b"400"),
        (b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
    ],
)
async def test_what_cannot_be_served_is_told_so(request_: bytes, status: bytes) -> None:
    async with run_rim() as it:
        assert (await it.talk(request_)).split()[1] == status


async def test_what_a_client_may_take_is_asked_for_before_it_sends() -> None:
    """Too large a document is not asked for at all."""
    async with run_rim(HttpLimits(body_size=1000)) as it:
        answer = await it.talk(make_head(2000, "Expect: 100-continue\r\n"))
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"100 Continue" not in answer


async def test_a_defect_in_a_page_is_told_and_the_next_one_served(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError(request.path)

    async with run_rim(handler=broken) as it:
        assert (await it.talk(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 500")
        assert status_of(await it.talk(make_head(len(ATTRIBUTES)) + ATTRIBUTES)) == Status.OK
    assert "ZeroDivisionError" in caplog.text
