"""Scripts to begin with: each operation in its usual order, as every kind of user, as a body and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from distwire.ipp.enums import Operation
from tests.fuzz import dictionary as d
from tests.fuzz.script import HTTP, JOB_ID, Step, write_script
from tests.fuzz.tokens import END, Body, Token

_OPEN = b"ipp://127.0.0.1/ipp/print/open"
_FAX = b"ipp://127.0.0.1/ipp/faxout"
_FIRST = JOB_ID + b"\0"
Pair = tuple[str, bytes]


def make_body(
    operation: int, target: bytes, *more: Pair, job: Sequence[Pair | list[Token]] = (), document: bytes = b""
) -> bytes:
    """A good request; `more` are further operation attributes, `job` those of the job, collections as tokens."""
    kind = "system-uri" if target.endswith(b"/system") else "printer-uri"
    tokens = [Token(1), _pair("attributes-charset", b"utf-8"), _pair("attributes-natural-language", b"en")]
    tokens += [_pair(kind, target), *(_pair(*one) for one in more)]
    if job:
        tokens.append(Token(2))
        for one in job:
            tokens += one if isinstance(one, list) else [_pair(*one)]
    tokens.append(Token(END))
    return Body(b"\2\0" + operation.to_bytes(2) + b"\0\0\0\1", tokens, document).write()


def make_stream(body: bytes, *headers: bytes, chunked: bool = False) -> bytes:
    """A POST of that body."""
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    lines = (b"POST /ipp/print HTTP/1.1", b"Host: x", b"Content-Type: application/ipp", framing, *headers, b"", b"")
    if chunked:
        pieces = (body[at : at + 50] for at in range(0, len(body), 50))
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return b"\r\n".join(lines) + body


def _pair(name: str, value: bytes) -> Token:
    return Token(d.ATTRIBUTES[name][0], name.encode(), value)


def make_bodies() -> Iterator[list[bytes]]:
    """Requests that go together, those that make a job first."""
    name: Pair = ("requesting-user-name", b"hanako")
    job: Pair = ("job-id", _FIRST)
    asked = [
        ("copies", d.integers(2)[0]), ("sides", b"two-sided-long-edge"), ("media", b"iso_a4_210x297mm"),
        ("page-ranges", d.ranges((1, 2))[0]), ("number-up", d.integers(2)[0]), ("print-color-mode", b"monochrome"),
        ("orientation-requested", d.integers(4)[0]), ("print-scaling", b"fit"), ("job-priority", d.integers(80)[0]),
    ]  # fmt: skip
    create = make_body(Operation.CREATE_JOB, _OPEN, name, ("job-name", "価格表".encode()))
    held = make_body(Operation.CREATE_JOB, _OPEN, name, job=[("job-hold-until", b"indefinite")])
    send, end = (
        make_body(Operation.SEND_DOCUMENT, _OPEN, name, job, ("last-document", last), document=d.PDF)
        for last in (b"\0", b"\1")
    )
    one = lambda operation, *more: make_body(operation, _OPEN, name, job, *more)  # noqa: E731
    yield [make_body(Operation.PRINT_JOB, _OPEN, name, ("document-format", b"application/pdf"), document=d.PDF)]
    yield [make_body(Operation.PRINT_JOB, _OPEN, name, job=[*asked, d.media_column(21000, 29700)], document=d.PDF)]
    yield [make_body(Operation.PRINT_JOB, _OPEN, name, job=[("job-hold-until-time", m)], document=d.PDF) for m in
           d.ATTRIBUTES["job-hold-until-time"][1]]  # fmt: skip
    for word, document in ((b"gzip", d.DOCUMENTS[10]), (b"deflate", d.DOCUMENTS[11]), (b"deflate", d.DOCUMENTS[12])):
        yield [make_body(Operation.PRINT_JOB, _OPEN, name, ("compression", word), document=document)]
    yield [make_body(Operation.VALIDATE_JOB, _OPEN, name, ("ipp-attribute-fidelity", b"\1"), job=asked)]
    yield [make_body(Operation.VALIDATE_JOB, _OPEN, ("job-mandatory-attributes", b"sides"), job=[("sides", b"x")])]
    yield [
        create,
        send,
        end,
        one(Operation.GET_JOB_ATTRIBUTES),
        one(Operation.GET_DOCUMENTS),
        one(Operation.CANCEL_JOB),
    ]
    yield [create, send, one(Operation.CLOSE_JOB), one(Operation.CLOSE_JOB), end]
    yield [create, send, one(Operation.CANCEL_JOB), end, one(Operation.GET_JOB_ATTRIBUTES)]
    yield [create, one(Operation.CLOSE_JOB), one(Operation.GET_JOB_ATTRIBUTES)]
    yield [held, end, one(Operation.RELEASE_JOB), one(Operation.HOLD_JOB), one(Operation.RELEASE_JOB)]
    yield [create, send, one(Operation.GET_DOCUMENT_ATTRIBUTES, ("document-number", d.integers(1)[0]))]
    yield [
        create,
        create,
        make_body(Operation.CANCEL_MY_JOBS, _OPEN, name),
        make_body(Operation.CANCEL_JOBS, _OPEN, name),
    ]
    yield [create, make_body(Operation.CANCEL_MY_JOBS, _OPEN, name, ("job-ids", _FIRST))]
    for which in d.ATTRIBUTES["which-jobs"][1]:
        look = make_body(Operation.GET_JOBS, _OPEN, name, ("which-jobs", which), ("requested-attributes", b"all"))
        yield [create, end, look]
    yield [make_body(Operation.GET_JOBS, _OPEN, name, ("my-jobs", b"\1"), ("limit", d.integers(1)[0]))]
    for target in d.TARGETS:
        yield [make_body(Operation.GET_PRINTER_ATTRIBUTES, target, ("requested-attributes", b"all"))]
    yield [make_body(Operation.GET_PRINTER_ATTRIBUTES, _FAX, ("destination-uri", b"discard:one"))]
    yield [make_body(Operation.GET_PRINTER_SUPPORTED_VALUES, _OPEN)]
    yield [make_body(Operation.IDENTIFY_PRINTER, _OPEN, ("identify-actions", b"display"))]
    yield [make_body(Operation.GET_PRINTERS, b"ipp://x/ipp/system", ("limit", d.integers(2)[0]))]
    yield [make_body(Operation.GET_SYSTEM_ATTRIBUTES, b"ipp://x/ipp/system")]
    for column in d.COLLECTIONS:
        yield [
            make_body(Operation.PRINT_JOB, _FAX, name, job=[column], document=d.PDF),
            one(Operation.GET_JOB_ATTRIBUTES),
        ]
    yield [make_body(operation, _OPEN, name) for operation in (Operation.PAUSE_PRINTER, Operation.RESUME_PRINTER)]
    events: list[Pair | list[Token]] = [("notify-pull-method", b"ippget"), ("notify-events", b"job-completed")]
    yield [
        make_body(Operation.CREATE_PRINTER_SUBSCRIPTIONS, _OPEN, name, job=events),
        make_body(Operation.GET_NOTIFICATIONS, _OPEN, name, ("notify-subscription-ids", d.integers(1)[0])),
        make_body(Operation.GET_SUBSCRIPTIONS, _OPEN, name),
    ]


def make_seeds() -> Iterator[bytes]:
    """All of them."""
    for number, bodies in enumerate(make_bodies()):
        yield write_script(Step((number % 4) << 1, 0, body) for body in bodies)
        yield write_script(Step(0, 4 + number % 3, body) for body in bodies)
        yield write_script(Step(HTTP, 0, make_stream(body, chunked=number % 2 == 0)) for body in bodies)
    yield from _make_streams()


def _make_streams() -> Iterator[bytes]:
    look, printed = (bodies[0] for bodies in (_pick(Operation.GET_PRINTER_ATTRIBUTES), _pick(Operation.PRINT_JOB)))
    for header in d.HEADERS:
        yield write_script([Step(HTTP, 1, make_stream(printed, header) + make_stream(look))])
    for method in d.METHODS:
        for path in d.PATHS[:6]:
            yield write_script([Step(HTTP, 0, b"%s %s HTTP/1.1\r\nHost: x\r\n\r\n" % (method, path))])
    yield write_script([Step(HTTP, 0, make_stream(look) * 6)])
    yield write_script([Step(HTTP | 2, 0, make_stream(printed, b"Expect: 100-continue"))])
    yield write_script([Step(HTTP | 8, 0, make_stream(printed)[:-40])])
    yield write_script([Step(8, 0, printed), Step(8, 0, printed[:-40])])
    for lines in d.CHUNK_LINES:
        yield write_script([Step(HTTP, 0, make_stream(b"", chunked=True).removesuffix(b"0\r\n\r\n") + lines)])


def _pick(operation: int) -> list[bytes]:
    return next(bodies for bodies in make_bodies() if bodies[0][2:4] == operation.to_bytes(2))
