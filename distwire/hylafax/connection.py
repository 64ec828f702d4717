"""One session with hfaxd: commands, one at a time, and data over connections of their own (RFC 959 §3).

Where several tasks share a session, they must take turns: a job's commands belong together.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from distwire.hylafax.events import EventStream
from distwire.hylafax.failures import HylaFaxLost, HylaFaxRefused, HylaFaxUnreachable
from distwire.hylafax.job import JOB_FORMAT, JobTicket, JobView, quote, read_job
from distwire.hylafax.received import RECEIVED_FORMAT, ReceivedFax, read_received
from distwire.hylafax.reply import Reply, read_line, read_reply
from distwire.hylafax.transfer_log import Transfer, read_transfer

PORT = 4559
_PASSIVE = re.compile(r"\|\|\|([0-9]{1,5})\|")
_STORED = re.compile(r"FILE: (\S+)")
_CREATED = re.compile(r"jobid: ([0-9]{1,12})\b")
_LONGEST_LINE = 1 << 20
_PIECE = 1 << 16
_MOST_LISTED, _MOST_LOGGED = 16 << 20, 2 << 30
"""Octets of a listing, which is kept in memory, and of the log of calls, which is not: no server has more to say."""
_LONGEST_COMMAND = 500
"""Octets; hfaxd reads 511 at a time, line end and all (getCmdLine)."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Login:
    """Where, and as whom; seconds to wait for a connection and for an answer."""

    host: str
    port: int = PORT
    user: str = "distserver"
    secret: str | None = field(default=None, repr=False)
    connect: float = 10.0
    idle: float = 60.0

    @property
    def place(self) -> str:
        """Host and port, as they stand in what is kept of jobs."""
        return f"{self.host}:{self.port}"


class HylaFaxConnection:
    """A session that is logged in. After any error but `HylaFaxRefused` it is of no more use."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login) -> None:
        self._reader = reader
        self._writer = writer
        self._login = login
        self.lost = False

    @classmethod
    async def open(cls, login: Login) -> HylaFaxConnection:
        """Connect and log in. Raises `HylaFaxUnreachable`, `HylaFaxLost`, `HylaFaxRefused`."""
        reader, writer = await _connect(login.host, login.port, login.connect)
        made = cls(reader, writer, login)
        try:
            await made._greet()
        except BaseException:
            await made.close()
            raise
        return made

    async def command(self, line: str, *expected: int) -> Reply:
        """Say one line, and hear the reply: one of `expected`, or any that is no refusal."""
        self._say(line)
        return await self._hear(*expected)

    async def store(self, document: AsyncIterable[bytes]) -> str:
        """Bring a TIFF to the server for jobs of this session (STOT); the name by which it is meant there."""
        await self.command("FORM TIFF")
        await self.command("TYPE I")
        reader, writer = await self._open_data()
        del reader
        try:
            begun = await self.command("STOT", 150, 125)
            async for part in document:
                writer.write(part)
                await self._patiently(writer.drain())
            writer.close()
            await self._patiently(writer.wait_closed())
        except OSError as error:
            raise self._lose(f"the server took only a part of the document: {error}") from error
        finally:
            await _drop(writer)
        ended = await self._hear(226, 250)
        name = _STORED.search(begun.words) or _STORED.search(ended.words)
        if name is None:
            raise HylaFaxRefused(500, "the server does not say where it has put the document")
        return name[1]

    async def create(self, ticket: JobTicket) -> int:
        """A new job that does not run yet; its number. Of one that is refused nothing stays at the server."""
        await self.command("JOB DEFAULT")  # a new job takes all from the current one, and is refused once that has gone
        made = _CREATED.search((await self.command("JNEW", 200)).words)
        if made is None:
            raise HylaFaxRefused(500, "the server does not say which number the job has")
        job = int(made[1])
        try:
            for name, value in ticket.parameters():
                await self.command(f"JPARM {name} {value}")
        except HylaFaxRefused:
            with contextlib.suppress(HylaFaxRefused):
                await self.delete(job)
            raise
        return job

    async def submit(self, job: int) -> None:
        """Let it run."""
        await self.command(f"JSUBM {job}")

    async def kill(self, job: int) -> None:
        """Stop it, also in the middle of its call."""
        await self.command(f"JKILL {job}")

    async def delete(self, job: int) -> None:
        """Forget a job that does not run."""
        await self.command(f"JDELE {job}")

    async def list_jobs(self, queue: str) -> list[JobView]:
        """The jobs of `sendq` or `doneq`."""
        await self.command(f"JOBFMT {quote(JOB_FORMAT)}")
        return [job async for line in self._receive(f"LIST {queue}") if (job := read_job(line)) is not None]

    async def list_received(self) -> list[ReceivedFax]:
        """What lies in `recvq`."""
        await self.command(f"RCVFMT {quote(RECEIVED_FORMAT)}")
        return [fax async for line in self._receive("LIST recvq") if (fax := read_received(line)) is not None]

    async def retrieve(self, path: str) -> AsyncGenerator[bytes, None]:
        """One of the server's files as it is, piece by piece; to be read to its end."""
        await self.command("TYPE I")
        await self.command("MODE S")
        reader, writer = await self._open_data()
        try:
            await self.command(f"RETR {path}", 150, 125)
            while piece := await self._patiently(reader.read(_PIECE)):
                yield piece
        except OSError as error:
            raise self._lose(f"the file broke off: {error}") from error
        finally:
            await _drop(writer)
        await self._hear(226, 250)

    async def become_administrator(self, secret: str) -> None:
        """Without that a server lets nobody remove what has come in."""
        await self.command(f"ADMIN {secret}", 230)

    async def remove(self, path: str) -> None:
        """Have one of the server's files deleted."""
        await self.command(f"DELE {path}", 250)

    async def list_modems(self, form: str) -> list[str]:
        """The server's modems, a line each in this format (MODEMFMT of hfaxd.conf(5F))."""
        await self.command(f"MDMFMT {quote(form)}")
        return [line async for line in self._receive("LIST status")]

    async def find_transfers(self, tag: str) -> list[Transfer]:
        """All calls of the job with this tag that the server's log has, oldest first."""
        lines = self._receive("RETR log/xferfaxlog", _MOST_LOGGED)
        found = [read_transfer(line) async for line in lines if tag in line]
        return [one for one in found if one is not None and one.tag == tag]

    async def read_text(self, path: str) -> list[str]:
        """The lines of one of the server's files."""
        return [line async for line in self._receive(f"RETR {path}")]

    async def watch(self, trigger: str) -> EventStream:
        """Have the server tell what happens from now on; the session does nothing else afterwards.

        The server has to connect to us (EPRT, RFC 2428): over a passive connection 6.0.7 tells nothing. Whoever else
        finds the door meanwhile is turned away.
        """
        await self.command("TYPE A")
        accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        accepted = asyncio.get_running_loop().create_future()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if accepted.done() or _name_far_end(writer) != far_end:
                writer.close()
            else:
                accepted.set_result((reader, writer))

        host, far_end = self._writer.get_extra_info("sockname")[0], _name_far_end(self._writer)
        try:
            server = await asyncio.start_server(accept, host, 0, limit=_LONGEST_LINE)
        except OSError as error:
            raise self._lose(f"its events cannot be heard: {error}") from error
        try:
            port = server.sockets[0].getsockname()[1]
            await self.command(f"EPRT |{2 if ':' in host else 1}|{host}|{port}|")
            await self.command(f"SITE TRIGGER {trigger}", 150, 125)
            reader, writer = await self._patiently(asyncio.shield(accepted))
        except BaseException:
            if not accepted.cancel():
                accepted.result()[1].close()
            raise
        finally:
            server.close()
        return EventStream(reader, writer)

    async def close(self) -> None:
        """End the session."""
        self.lost = True
        await _drop(self._writer)

    async def _greet(self) -> None:
        await self._hear(220)
        reply = await self.command(f"USER {self._login.user}", 230, 331, 332)
        if reply.code == 331:
            await self.command(f"PASS {self._login.secret or ''}", 230)
        await self.command("TZONE LOCAL")

    def _say(self, line: str) -> None:
        if self.lost:
            raise HylaFaxLost("the connection to the server is gone")
        plain = "".join(one if one.isprintable() else " " for one in line)  # a line end would begin another command
        octets = plain.encode("utf-8", "replace")
        if len(octets) > _LONGEST_COMMAND:
            raise HylaFaxRefused(500, "a command is longer than hfaxd reads: it would take the rest for another one")
        self._writer.write(octets + b"\r\n")

    async def _hear(self, *expected: int) -> Reply:
        reply = await self._patiently(read_reply(self._reader))
        if reply.code == 421:
            raise self._lose(reply.words)
        if reply.code not in expected if expected else reply.code >= 400:
            raise HylaFaxRefused(reply.code, reply.words)
        return reply

    async def _open_data(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection for data, to the host of the session itself (EPSV, RFC 2428 §3)."""
        reply = await self.command("EPSV", 229)
        found = _PASSIVE.search(reply.words)
        if found is None or int(found[1]) > 65535:
            raise HylaFaxRefused(reply.code, "the server names no port for data")
        return await _connect(self._login.host, int(found[1]), self._login.connect)

    async def _receive(self, command: str, most: int = _MOST_LISTED) -> AsyncIterator[str]:
        """The lines that the server sends for a command, not more than so many octets; to be read to their end."""
        await self.command("TYPE A")
        reader, writer = await self._open_data()
        try:
            await self.command(command, 150, 125)
            while line := await self._patiently(reader.readline()):
                most -= len(line)
                if most < 0:
                    raise self._lose("the server's answer does not end")
                yield read_line(line)
        except (OSError, ValueError) as error:
            raise self._lose(f"the server's answer broke off: {error}") from error
        finally:
            await _drop(writer)
        await self._hear(226, 250)

    async def _patiently(self, waiting: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._login.idle):
                return await waiting
        except TimeoutError as error:
            raise self._lose(f"the server has not answered for {self._login.idle:.0f} s") from error
        except HylaFaxLost:
            self.lost = True
            raise

    def _lose(self, words: str) -> HylaFaxLost:
        self.lost = True
        return HylaFaxLost(words)


async def _connect(host: str, port: int, patience: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(patience):
            return await asyncio.open_connection(host, port, limit=_LONGEST_LINE)
    except TimeoutError as error:
        raise HylaFaxUnreachable(f"no connection to {host}:{port} within {patience:.0f} s") from error
    except (OSError, UnicodeError) as error:
        raise HylaFaxUnreachable(f"no connection to {host}:{port}: {_explain(error)}") from error


def _explain(error: OSError | UnicodeError) -> str:
    """The system's words, without those of the library around them; a name that is not found has negative numbers."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number).lower() if number > 0 else getattr(error, "strerror", None) or str(error)


def _name_far_end(writer: asyncio.StreamWriter) -> str:
    """Its address; empty when it went as it came."""
    peer = writer.get_extra_info("peername")
    return str(peer[0]) if peer else ""


async def _drop(writer: asyncio.StreamWriter) -> None:
    """Close it at once: a server that takes nothing any more would keep us for ever with what it has not taken."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
