"""The service side of IPP, free of any I/O: a request in, a response or a place for the document out (RFC 8011 §4).

A handler takes a `Call` and answers with a `Reply`, or, when a document follows, with a `DocumentSink` that the rim
(asyncio server, WSGI app, test) fills through `distwire.ipp.exchange`, or, when the answer is still to come, with an
awaitable of a `Reply`. What a handler cannot do it says by raising `Refusal`, and `AuthenticationNeeded` where it has
to know who asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.auth import Credentials
from distwire.ipp.encode import make_sayable
from distwire.ipp.enums import Status
from distwire.ipp.message import VERSION_1_1, VERSION_2_0, Message, make_message
from distwire.ipp.tags import GroupTag, ValueTag
from distwire.ipp.values import charset, cut_octets, keyword, text

COMPRESSIONS = ("none", "gzip", "deflate")
CHARSETS = ("utf-8", "us-ascii")
TARGETS = ("printer-uri", "job-uri", "system-uri")
_MOST_WORDS = 255
"""Octets of `status-message` (RFC 8011 §4.1.6.2)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the transport knows of a request: path and `host:port` it came to, the peer's address, who signed in.

    `tls` says that nobody on the way can read it. `credentials` are as the client gave them, unchecked; `user` is who
    it is found to be, by `Service.admit`.
    """

    path: str = "/ipp/print"
    authority: str = ""
    peer: str = ""
    user: str | None = None
    tls: bool = False
    credentials: Credentials | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A handler's answer: status, groups after the operation attributes, what was not taken as asked, words for a
    person, and further operation attributes."""

    status: int = Status.OK
    groups: tuple[Group, ...] = ()
    unsupported: tuple[Attribute, ...] = ()
    words: str | None = None
    operation: tuple[Attribute, ...] = ()


class Refusal(Exception):
    """A request that is not carried out: status, words for a person, and the attributes that were the cause."""

    def __init__(self, status: int, words: str, unsupported: tuple[Attribute, ...] = ()) -> None:
        super().__init__(words)
        self.reply = Reply(status=status, words=words, unsupported=unsupported)


class AuthenticationNeeded(Refusal):
    """The client has to say who it is, or what it said is wrong: HTTP 401, which asks for a password (RFC 8010 §8.1).

    Over plain HTTP the password could be read on the way: unless `over_plain`, the client is told to use TLS instead.
    """

    def __init__(self, realm: str, words: str = "sign in to do this", *, over_plain: bool = False) -> None:
        super().__init__(Status.NOT_AUTHENTICATED, words)
        self.realm = realm
        self.over_plain = over_plain


class DocumentSink(Protocol):
    """Takes the document of a request, decompressed, piece by piece; then either `finish` or `abort` is called.

    Calls come one after the other, perhaps from different threads.
    """

    def write(self, piece: bytes) -> None:
        """Take the next piece; may raise `Refusal`."""

    def finish(self) -> Reply | Awaitable[Reply]:
        """The document is whole; may raise `Refusal` (and then has cleaned up: `abort` is not called any more)."""

    def abort(self, reason: str) -> None:
        """The document will not become whole: the client went away, or its bytes are broken. Never raises."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it."""

    request: Message
    context: Context

    @property
    def operation(self) -> Group:
        """The operation attributes."""
        return self.request.operation

    @property
    def target(self) -> str:
        """The URI that the request is for: `printer-uri`, else `job-uri`, else `system-uri`."""
        return next(uri for name in TARGETS if (uri := self.operation.string(name)) is not None)

    @property
    def user(self) -> str:
        """Who asks: the authenticated user, else what the request says, else `anonymous`."""
        return self.context.user or self.operation.string("requesting-user-name") or "anonymous"

    @property
    def compression(self) -> str:
        """The `compression` of the document, `none` when the request does not say."""
        return self.operation.string("compression") or "none"


Handled = Reply | DocumentSink | Awaitable[Reply]
"""An awaitable is waited for on the loop, however long, in no thread; the end of the connection cancels it."""

Handler = Callable[[Call], Handled]


@dataclass(frozen=True, slots=True)
class Service:
    """Operations of one IPP object (or of many behind one address) and the checks that come before them.

    `handlers` maps operation ids to handlers. `admit` looks at each request before its handler, and before a client
    is asked for a document: it answers with the context, with the user in it whom it found, or raises `Refusal`.
    """

    handlers: Mapping[int, Handler]
    compressions: Collection[str] = COMPRESSIONS
    admit: Callable[[Context], Context] | None = None
    newest: tuple[int, int] = VERSION_2_0
    _majors: frozenset[int] = field(default=frozenset({1, 2}), repr=False)

    def begin(self, request: Message, context: Context) -> Message | DocumentSink | Awaitable[Reply]:
        """Check and dispatch a request: its response, or the sink for the document that follows, or what to wait for.

        Raises nothing for what a client sent but `AuthenticationNeeded`, for which IPP has no response.
        """
        try:
            self._check(request)
            answer = self.handlers[request.code](Call(request, context))
        except AuthenticationNeeded:
            raise
        except Refusal as refusal:
            answer = refusal.reply
        return self.respond(request, answer) if isinstance(answer, Reply) else answer

    def respond(self, request: Message, reply: Reply) -> Message:
        """Frame a reply as the response to `request`: version, request-id, charset, language, groups in their order."""
        words = (attribute("status-message", text(cut_octets(reply.words, _MOST_WORDS))),) if reply.words else ()
        causes = make_sayable(reply.unsupported)
        unsupported = (Group(GroupTag.UNSUPPORTED, causes),) if causes else ()
        version = self._answer_version(request.version)
        beginning, groups = (*words, *reply.operation), (*unsupported, *reply.groups)
        return make_message(reply.status, request.request_id, beginning, groups, version=version)

    def _answer_version(self, asked: tuple[int, int]) -> tuple[int, int]:
        """The nearest version that we speak (RFC 8011 §4.1.8)."""
        return VERSION_1_1 if asked[0] <= 1 else self.newest

    def _check(self, request: Message) -> None:
        """The order is that of RFC 8011 §4.1: version, request-id, charset and language, target, operation."""
        if request.version[0] not in self._majors:
            raise Refusal(Status.VERSION_NOT_SUPPORTED, "this printer speaks IPP/1.1 and IPP/2.0")
        if request.request_id == 0:
            raise Refusal(Status.BAD_REQUEST, "request-id has to be 1 or more")
        self._check_beginning(request)
        self._check_charset(request)
        if request.code not in self.handlers:
            raise Refusal(Status.OPERATION_NOT_SUPPORTED, f"operation {request.code:#06x} is not supported")
        self._check_compression(request)

    def _check_beginning(self, request: Message) -> None:
        """Charset first, natural language second, then a target (RFC 8011 §4.1.4, §4.1.5)."""
        if not request.groups or request.groups[0].tag != GroupTag.OPERATION:
            raise Refusal(Status.BAD_REQUEST, "the operation attributes have to come first")
        attributes = request.groups[0].attributes
        beginning = (
            ("attributes-charset", ValueTag.CHARSET),
            ("attributes-natural-language", ValueTag.NATURAL_LANGUAGE),
        )
        for at, (name, tag) in enumerate(beginning):
            if len(attributes) <= at or not _is_single(attributes[at], name, tag):
                raise Refusal(Status.BAD_REQUEST, f"operation attribute {at + 1} has to be one {name}")
        targets = [found for name in TARGETS if (found := request.operation.find(name)) is not None]
        if not targets:
            raise Refusal(Status.BAD_REQUEST, "the request names no target: printer-uri is missing")
        if not all(_is_single(target, target.name, ValueTag.URI) for target in targets):
            raise Refusal(Status.BAD_REQUEST, f"{targets[0].name} has to be one URI")

    def _check_charset(self, request: Message) -> None:
        asked = request.operation.string("attributes-charset") or ""
        if asked.lower() not in CHARSETS:
            cause = attribute("attributes-charset", charset(asked))
            raise Refusal(Status.CHARSET_NOT_SUPPORTED, f"charset {asked} is not supported: use utf-8", (cause,))

    def _check_compression(self, request: Message) -> None:
        asked = request.operation.string("compression")
        if asked is not None and asked not in self.compressions:
            cause = attribute("compression", keyword(asked))
            raise Refusal(Status.COMPRESSION_NOT_SUPPORTED, f"compression {asked} is not supported", (cause,))


def _is_single(candidate: Attribute, name: str, tag: ValueTag) -> bool:
    values = candidate.values
    return candidate.name == name and len(values) == 1 and values[0].tag == tag and bool(values[0].data)
