"""Little that unpacks to much. One megabyte is packed, and that is repeated: packing all of it takes many seconds."""

from __future__ import annotations

import functools
import struct
import zlib

_MB = 1 << 20
_LEVEL = 9
_ADLER_BASE = 65521


@functools.cache
def make_deflate_bomb(megabytes: int, octet: bytes = b"\0") -> bytes:
    """So many megabytes of one octet as deflate without a frame (RFC 1951)."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = packer.compress(octet * _MB) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * megabytes + packer.flush()


def make_gzip_bomb(megabytes: int) -> bytes:
    """So many megabytes of zeros as gzip (RFC 1952)."""
    check, zeros = 0, bytes(_MB)
    for _ in range(megabytes):
        check = zlib.crc32(zeros, check)
    head = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    return head + make_deflate_bomb(megabytes) + struct.pack("<II", check, megabytes * _MB % (1 << 32))


def make_zlib_bomb(megabytes: int, octet: bytes) -> bytes:
    """So many megabytes of one octet as zlib (RFC 1950)."""
    count = megabytes * _MB
    first = 1 + count * octet[0]
    second = count + octet[0] * (count * (count + 1) // 2)
    check = (second % _ADLER_BASE) << 16 | first % _ADLER_BASE
    return b"\x78\xda" + make_deflate_bomb(megabytes, octet) + struct.pack(">I", check)
