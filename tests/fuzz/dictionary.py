"""Words of IPP and HTTP for the fuzzer: attributes with good values and bad ones, heads, documents."""

from __future__ import annotations

import gzip
import zlib

from distwire.ipp.enums import Operation
from tests.fuzz.script import JOB_ID, JOB_URI
from tests.fuzz.tokens import BEGIN_COLLECTION, END_COLLECTION, MEMBER_NAME, Token

INTEGER, BOOLEAN, ENUM, OCTETS, MOMENT, RESOLUTION, RANGE = 0x21, 0x22, 0x23, 0x30, 0x31, 0x32, 0x33
TEXT_LANGUAGE, NAME_LANGUAGE, TEXT, NAME, KEYWORD, URI = 0x35, 0x36, 0x41, 0x42, 0x44, 0x45
CHARSET, LANGUAGE, MIME = 0x47, 0x48, 0x49
TAGS = (
    0x10, 0x12, 0x13, 0x15, 0x16, 0x17, INTEGER, BOOLEAN, ENUM, OCTETS, MOMENT, RESOLUTION, RANGE, BEGIN_COLLECTION,
    TEXT_LANGUAGE, NAME_LANGUAGE, END_COLLECTION, TEXT, NAME, KEYWORD, URI, 0x46, CHARSET, LANGUAGE, MIME, MEMBER_NAME,
    0x7F, 0xFF,
)  # fmt: skip
GROUPS = (1, 2, 3, 4, 5, 6, 7, 9, 10)

PRINTERS = ("open", "closed", "empty", "everyone", "none", "%E6%94%AF%E5%BA%97")
TARGETS = (
    *(f"ipp://127.0.0.1/ipp/{kind}/{name}".encode() for kind in ("print", "faxout") for name in PRINTERS),
    b"ipp://x/ipp/faxout", b"ipps://x/ipp/system", b"ipp://x/", b"http://x/printers/open", b"ipp://[::1]:631/ipp/print",
    *(b"ipp://x/ipp/print/open/" + JOB_URI % number for number in range(3)), b"ipp://x/jobs/" + JOB_URI % 0,
    b"ipp://x/ipp/faxout/" + JOB_URI % 0, b"ipp://[/ipp/print", b"ipp://x/ipp/print/%ff%00", b"urn:x", b"",
)  # fmt: skip

OPERATIONS = tuple(int(one) for one in Operation)


def integers(*numbers: int) -> tuple[bytes, ...]:
    return tuple((number & 0xFFFFFFFF).to_bytes(4) for number in numbers)


_NUMBERS = integers(0, 1, -1, 3, 4, 5, 7, 50, 100, 999, 1000, 2**31 - 1, -(2**31))
_JOBS = (*(JOB_ID + bytes((number,)) for number in range(3)), *integers(1, 0, -1, 2**31 - 1))
_WORDS = (
    b"", b"all", b"none", b"auto", b"job-template", b"printer-description", b"job-description", b"media-col-database",
    b"x" * 255, b"\xff\xfe", "支店".encode(), b"a\0b", b"\r\n", b"\xed\xa0\x80", b"\xe2\x80\xae", b" ",
)  # fmt: skip
_MOMENTS = (
    bytes((7, 0xEB, 1, 31, 9, 30, 0, 0)) + b"+\x09\0", bytes((0, 1, 1, 1, 0, 0, 0, 0)) + b"+\x0e\0",
    bytes((0x27, 0x0F, 12, 31, 23, 59, 60, 9)) + b"-\x0e\0", bytes((7, 0xEB, 2, 30, 24, 60, 61, 10)) + b"*\xff\xff",
)  # fmt: skip


def ranges(*pairs: tuple[int, int]) -> tuple[bytes, ...]:
    return tuple(b"".join(integers(*pair)) for pair in pairs)


ATTRIBUTES: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "printer-uri": (URI, TARGETS),
    "job-uri": (URI, TARGETS),
    "system-uri": (URI, TARGETS),
    "destination-uri": (URI, (b"discard:one", b"tel:+81-3-1234-5678", b"x")),
    "document-uri": (URI, (b"http://127.0.0.1/", b"file:///etc/passwd")),
    "job-id": (INTEGER, _JOBS),
    "job-ids": (INTEGER, _JOBS),
    "requesting-user-name": (NAME, (b"hanako", b"ops", "花子".encode(), *_WORDS)),
    "job-name": (NAME, ("価格表".encode(), *_WORDS)),
    "document-name": (NAME, (b"price.pdf", *_WORDS)),
    "document-format": (MIME, (b"application/pdf", b"image/jpeg", b"image/pwg-raster", b"application/octet-stream",
                               b"text/plain", *_WORDS)),
    "compression": (KEYWORD, (b"gzip", b"deflate", b"none", b"compress", b"")),
    "last-document": (BOOLEAN, (b"\1", b"\0", b"\2", b"")),
    "ipp-attribute-fidelity": (BOOLEAN, (b"\1", b"\0")),
    "my-jobs": (BOOLEAN, (b"\1", b"\0")),
    "purge-jobs": (BOOLEAN, (b"\1", b"\0")),
    "job-mandatory-attributes": (KEYWORD, (b"copies", b"media", b"none", b"sides")),
    "requested-attributes": (KEYWORD, (*_WORDS, b"job-uri", b"destination-statuses", b"printer-state", b"media-col")),
    "which-jobs": (KEYWORD, (b"completed", b"not-completed", b"all", b"aborted", b"canceled", b"pending",
                             b"pending-held", b"processing", b"x")),
    "limit": (INTEGER, _NUMBERS),
    "first-job-id": (INTEGER, (*_JOBS, *_NUMBERS)),
    "first-index": (INTEGER, _NUMBERS),
    "document-number": (INTEGER, _NUMBERS),
    "identify-actions": (KEYWORD, (b"display", b"sound", b"flash")),
    "message": (TEXT, _WORDS),
    "attributes-charset": (CHARSET, (b"utf-8", b"us-ascii", b"iso-8859-1", b"")),
    "attributes-natural-language": (LANGUAGE, (b"en", b"ja", b"")),
    "copies": (INTEGER, _NUMBERS),
    "sides": (KEYWORD, (b"one-sided", b"two-sided-long-edge", b"two-sided-short-edge", b"x")),
    "media": (KEYWORD, (b"iso_a4_210x297mm", b"custom_a_100x100mm", b"custom_max_9e9x9e9mm", b"custom_x_0x0in",
                        b"na_letter_8.5x11in", *_WORDS)),
    "page-ranges": (RANGE, ranges((1, 1), (1, 2), (2, 1), (5, 7), (0, 0), (-1, 2**31 - 1))),
    "number-up": (INTEGER, _NUMBERS),
    "orientation-requested": (ENUM, _NUMBERS),
    "print-color-mode": (KEYWORD, (b"auto", b"color", b"monochrome", b"auto-monochrome", b"x")),
    "print-scaling": (KEYWORD, (b"auto", b"fit", b"fill", b"none", b"auto-fit", b"x")),
    "print-quality": (ENUM, _NUMBERS),
    "printer-resolution": (RESOLUTION, (b"\0\0\1\x2c\0\0\1\x2c\3", b"\xff\xff\xff\xff\0\0\0\0\0")),
    "job-priority": (INTEGER, _NUMBERS),
    "job-hold-until": (KEYWORD, (b"indefinite", b"no-hold", b"day-time", b"night", b"weekend", b"third-shift", b"x")),
    "job-hold-until-time": (MOMENT, _MOMENTS),
    "finishings": (ENUM, _NUMBERS),
    "job-sheets": (KEYWORD, (b"none", b"standard")),
    "multiple-document-handling": (KEYWORD, (b"separate-documents-collated-copies", b"x")),
    "output-bin": (KEYWORD, (b"auto", b"face-down", b"x")),
    "confirmation-sheet-print": (BOOLEAN, (b"\1", b"\0")),
    "number-of-retries": (INTEGER, _NUMBERS),
    "retry-interval": (INTEGER, _NUMBERS),
    "x-dimension": (INTEGER, integers(21000, 29700, 0, -1)),
    "notify-events": (KEYWORD, (b"job-completed", b"printer-state-changed", b"x")),
    "notify-pull-method": (KEYWORD, (b"ippget", b"x")),
    "notify-lease-duration": (INTEGER, _NUMBERS),
    "notify-subscription-id": (INTEGER, _NUMBERS),
    "notify-subscription-ids": (INTEGER, _NUMBERS),
    "notify-sequence-numbers": (INTEGER, _NUMBERS),
    "notify-wait": (BOOLEAN, (b"\0", b"\1")),
    "notify-recipient-uri": (URI, (b"ippget://x", b"mailto:a@example.org")),
}  # fmt: skip


def collection(name: bytes, *members: tuple[bytes, int, bytes] | tuple[bytes, list[Token]]) -> list[Token]:
    """A collection as it stands on the wire (RFC 8010 §3.1.6)."""
    tokens = [Token(BEGIN_COLLECTION, name)]
    for member in members:
        tokens.append(Token(MEMBER_NAME, b"", member[0]))
        if len(member) == 3:
            tokens.append(Token(member[1], b"", member[2]))
        else:
            tokens += [Token(one.tag, b"", one.value) for one in member[1]]
    return [*tokens, Token(END_COLLECTION)]


def media_column(width: int, height: int) -> list[Token]:
    size = collection(
        b"", (b"x-dimension", INTEGER, integers(width)[0]), (b"y-dimension", INTEGER, integers(height)[0])
    )
    return collection(b"media-col", (b"media-size", size), (b"media-source", KEYWORD, b"auto"))


def destination(uri: bytes, *more: tuple[bytes, int, bytes]) -> list[Token]:
    return collection(b"destination-uris", (b"destination-uri", URI, uri), *more)


COLLECTIONS = (
    media_column(21000, 29700),
    media_column(0, -1),
    collection(b"media-col"),
    collection(b"media-col", (b"media-size-name", KEYWORD, b"iso_a4_210x297mm")),
    destination(b"tel:+81-3-1234-5678", (b"pre-dial-string", TEXT, b"0,"), (b"t33-subaddress", INTEGER, b"\0\0\0\7")),
    destination(b"discard:one", (b"copies", INTEGER, integers(2)[0]), (b"media", KEYWORD, b"iso_a4_210x297mm")),
    destination(b"ipp://127.0.0.1/ipp/print/open"),
    destination(b"mailto:a@example.org"),
    destination(b"ipp://[::1/x"),
    collection(b"overrides", (b"pages", RANGE, ranges((1, 1))[0]), (b"sides", KEYWORD, b"one-sided")),
    collection(b"cover-sheet-info", (b"to-name", TEXT, b"you"), (b"message", TEXT, "お知らせ".encode())),
)

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
_raw = zlib.compressobj(wbits=-15)
DOCUMENTS = (
    PDF, b"", b"%PDF-", b"\xff\xd8\xff\xe0junk", b"\x89PNG\r\n\x1a\njunk", b"II*\0junk", b"RaS2PwgRaster\0junk",
    b"UNIRAST\0\0\0\0\1junk", b"%!PS-Adobe", b"plain words", gzip.compress(PDF, mtime=0), zlib.compress(PDF),
    _raw.compress(PDF) + _raw.flush(), gzip.compress(PDF, mtime=0)[:-5], gzip.compress(bytes(1 << 21), mtime=0),
)  # fmt: skip
"""Whole ones and broken ones, of each format, compressed in each way; the last is larger than is taken."""

METHODS = (b"POST", b"GET", b"HEAD", b"OPTIONS", b"PUT", b"CONNECT", b"PRI", b"post", b"")
PATHS = (b"/ipp/print", b"/ipp/print/open", b"/", b"*", b"/icon.png", b"http://x/ipp/print", b"ipp://x:631/ipp/print",
         b"/%00?q#f", b"x", b"//", b"/\xff")  # fmt: skip
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.1 ", b"")
HEADERS = (
    b"Host: x", b"Host: [::1]:631", b"Host: \xff", b"Host:", b"Content-Type: application/ipp",
    b"Content-Type: text/plain",
    b"Content-Type: application/ipp; charset=utf-8", b"Content-Length: 0", b"Content-Length: 99999999999",
    b"Content-Length: -1", b"Content-Length: 5, 5", b"Content-Length: 0x10", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: \x0bchunked",
    b"Expect: 100-continue", b"Expect: 200-ok", b"Connection: close", b"Connection: keep-alive", b"Connection: upgrade",
    b"Upgrade: h2c", b"Upgrade: TLS/1.2", b"Authorization: Basic aGFuYWtvOmNvcnJlY3QgaG9yc2UgNw==",
    b"Authorization: Basic b3BzOmNvcnJlY3QgaG9yc2UgNw==", b"Authorization: Basic ===", b"Authorization: Digest x",
    b"X-Forwarded-For: 10.9.8.7", b"X-Forwarded-For: , x, [::1", b"X-Forwarded-Proto: https",
    b'Forwarded: for="[2001:db8::1]:8080";proto=https', b"Forwarded: for=_hidden, for=10.1.2.3", b" folded: x",
    b"no colon",
    b": empty", b"Cookie: " + b"x" * 300, b"Trailer: x", b"Range: bytes=0-", b"If-None-Match: *",
)  # fmt: skip
CHUNK_LINES = (b"0\r\n\r\n", b"5\r\nabcde\r\n", b"fffffffffffffff\r\n", b"5;x=y\r\nabcde\r\n", b"-1\r\n", b"5\nabcde\n",
               b"0\r\nTrailer: x\r\n\r\n", b"00000000000000005\r\nabcde\r\n", b"x\r\n")  # fmt: skip
