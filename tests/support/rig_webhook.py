"""A web service of this process for the contract suite, that can die at each step of the dialogue."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from distserver.deliver.contract import Target, Timeouts
from distserver.model.address import parse_address

KEY = "the key of the signature"
_TURNS = 10
"""Of the loop, until a connection that was taken just before the end is being served: asyncio needs four, and drops it
unclosed where its server has been closed meanwhile."""


class Death(Enum):
    """Where the service dies."""

    BEFORE_HEADERS = "before the headers are read"
    AFTER_HEADERS = "after the headers"
    IN_THE_BODY = "in the middle of the body"
    BEFORE_ANSWER = "with the whole document, before it answers"
    IN_THE_ANSWER = "in the middle of its answer"
    AFTER_ANSWER = "after its answer"


@dataclass
class Post:
    """A request as it came: its first line, its headers in small letters, as much of the body as was read."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebService:
    """Answers posts with `status` (and `headers`, `words`) until it is to die. `taken` are documents that it has whole,
    each Idempotency-Key once."""

    port: int = 0
    secure: bool = False
    status: int = 200
    words: str = "filed as 4711"
    headers: tuple[str, ...] = ()
    dies: Death | None = None
    posts: list[Post] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    serving: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}/in?box=Osaka"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort() if self.dies is not None else writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.dies is Death.BEFORE_HEADERS:
            await reader.read(1)
            return
        head = await reader.readuntil(b"\r\n\r\n")
        line, *fields = head.decode("ascii").rstrip().split("\r\n")
        post = Post(line, {k.lower(): v.strip() for k, _, v in (one.partition(":") for one in fields)}, b"")
        self.posts.append(post)
        if self.dies is Death.AFTER_HEADERS:
            return
        length = int(post.headers["content-length"])
        if self.dies is Death.IN_THE_BODY:
            post.body = await reader.readexactly(length // 2)
            return
        post.body = await reader.readexactly(length)
        if 200 <= self.status < 300:
            self.taken.setdefault(post.headers["idempotency-key"], post.body)
        if self.dies is Death.BEFORE_ANSWER:
            return
        said = self._make_answer()
        writer.write(said[:20] if self.dies is Death.IN_THE_ANSWER else said)
        await writer.drain()
        if self.dies is Death.AFTER_ANSWER:
            await asyncio.sleep(0)

    def _make_answer(self) -> bytes:
        body = self.words.encode()
        fields = "".join(f"{one}\r\n" for one in self.headers)
        head = f"HTTP/1.1 {self.status} Said\r\n{fields}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return head.encode("ascii") + body


def name_webhook(url: str, **options: str) -> Target:
    """A webhook that the registry names, with a key."""
    said = (("secret", "@hook"), *options.items())
    address = parse_address(f"webhook:{url}")
    return Target(address, "Branch", said, secret=KEY, timeouts=Timeouts(30, 60, 60, 60), named=True)


@contextlib.asynccontextmanager
async def run_service(certificate: Path | None = None) -> AsyncIterator[WebService]:
    """The service, on loopback; with a certificate it speaks https."""
    service = WebService(secure=certificate is not None)
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0, ssl=context)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        for one in server.sockets:
            asyncio.get_running_loop().remove_reader(one.fileno())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server.close()
        await server.wait_closed()
        await asyncio.gather(*service.serving)
