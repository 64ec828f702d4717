"""The head of a POST: what another reader of HTTP makes of it, and what cannot stand in it."""

from __future__ import annotations

import h11
import pytest

from distwire.ipp.endpoint import Origin
from distwire.ipp.failures import Unreachable
from distwire.ipp.post import make_head

HERE = Origin("ipp", "h", 631)


@pytest.mark.parametrize(
    ("length", "framing"), [(None, (b"transfer-encoding", b"chunked")), (7, (b"content-length", b"7"))]
)
def test_another_reader_understands_it(length: int | None, framing: tuple[bytes, bytes]) -> None:
    server = h11.Connection(h11.SERVER)
    server.receive_data(make_head(HERE, "/ipp/print?a=b", "Basic dTpz", length, expects=True))
    request = server.next_event()
    assert isinstance(request, h11.Request)
    assert (request.method, request.target) == (b"POST", b"/ipp/print?a=b")
    headers = list(request.headers)
    assert framing in headers
    assert (b"host", b"h:631") in headers
    assert (b"content-type", b"application/ipp") in headers
    assert (b"authorization", b"Basic dTpz") in headers
    assert server.they_are_waiting_for_100_continue


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/é", ""])
def test_no_address_writes_headers_of_its_own(path: str) -> None:
    with pytest.raises(Unreachable):
        make_head(HERE, path, None, 0, expects=False)


@pytest.mark.parametrize("authorization", ['Digest username="a\r\nX: y"', "Basic é", "a\0"])
def test_no_user_writes_headers_of_its_own(authorization: str) -> None:
    with pytest.raises(Unreachable):
        make_head(HERE, "/", authorization, 0, expects=False)
