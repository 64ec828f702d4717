"""The bombs of the tests unpack to what they say: otherwise they would be refused for being damaged."""

from __future__ import annotations

import gzip
import zlib

from tests.support.bombs import make_deflate_bomb, make_gzip_bomb, make_zlib_bomb


def test_each_frame_holds_what_it_says() -> None:
    assert zlib.decompress(make_deflate_bomb(3), -zlib.MAX_WBITS) == bytes(3 << 20)
    assert gzip.decompress(make_gzip_bomb(3)) == bytes(3 << 20)
    assert zlib.decompress(make_zlib_bomb(70, b" ")) == b" " * (70 << 20)


def test_little_holds_much() -> None:
    assert len(make_deflate_bomb(3)) < 4000
