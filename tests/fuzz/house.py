"""The printers of a server in this process, on a store, a spool and groups of their own: what the fuzzer talks to.

It is what `distserver ipp` runs, but for three things: it is driven step by step on one loop, passwords are hashed
cheaply, and documents are looked into by their first octets alone (unless `thorough`, which also works in threads).
"""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from distserver.accounts.passwords import Passwords
from distserver.accounts.service import Accounts
from distserver.compose import build_services
from distserver.intake.ipp.door import Door
from distserver.intake.ipp.service import make_service
from distserver.model.accounts import Role
from distserver.model.documents import Document
from distserver.model.jobs import Actor
from distserver.render.formats import read_format
from distserver.services import Services
from distserver.settings import Settings
from distserver.store.preparation import prepare_home
from distserver.store.spool import Upload
from distwire.ipp.auth import Credentials
from distwire.ipp.exchange import ExchangeLimits
from distwire.ipp.http import HttpLimits
from distwire.ipp.message import Message
from distwire.ipp.server import IppServer
from distwire.ipp.service import Context, Reply, Service
from tests.fuzz.house_rows import Remains, clear_away

PASSWORD = "correct horse 7"
ROOT = Actor("root", "administrator")
PROXY = "127.0.0.2"
OCTETS = 1 << 20
"""Greatest document."""

_OPEN = "print-from: 127.0.0.1, 10.0.0.0/8"
_GROUPS = {
    "open": (_OPEN, "discard:one; one", "discard:two; two"),
    "closed": ("senders: hanako", "discard:one; one"),
    "支店": (
        _OPEN,
        "tel:+81-3-1234-5678; fax",
        "ipp://printer.example/ipp/print; printer",
        "mailto:a@example.org; mail",
    ),
    "empty": (_OPEN,),
}
_USERS = {"hanako": Role.SENDER, "taro": Role.SENDER, "ops": Role.OPERATOR}
_HERE, _THERE = "127.0.0.1", "10.9.8.7"


def _visitors() -> tuple[Context, ...]:
    """Those whom WHO of a script chooses from."""
    known = [Credentials(name, PASSWORD) for name in _USERS]
    wrong = Credentials("hanako", "not this one")
    plain = [Context(authority="printers:631", peer=peer) for peer in (_HERE, _THERE, "192.0.2.1", "")]
    signed = [Context(authority="printers", peer=_THERE, tls=True, credentials=one) for one in (*known, wrong)]
    return (*plain, *signed, Context(authority="[::1]:631", peer="::1", credentials=known[2]))


VISITORS = _visitors()


class ToldService(Service):
    """Tells `listener` of each answer, in the words of IPP, before it is framed."""

    listener: Any

    def respond(self, request: Message, reply: Reply) -> Message:
        """See `Service`."""
        response = super().respond(request, reply)
        self.listener.answered(request, reply)
        return response


@dataclass
class House:
    """`service` is for bodies, `server` for streams: the same operations. `jobs` are those that the script has made."""

    services: Services
    service: Service
    server: IppServer
    port: int
    loop: asyncio.AbstractEventLoop
    limits: ExchangeLimits

    def clear(self) -> Remains:
        """End all jobs by the rules of the house and forget them; what is left then."""
        self._forgive()
        return clear_away(self.services)

    def _forgive(self) -> None:
        """Wrong passwords of one script are not to lock out the next."""
        self.services.accounts._origins._tallies.clear()
        self.services.accounts._names._tallies.clear()


@contextmanager
def open_house(home: Path, listener: Any, *, thorough: bool = False, database: str = "") -> Iterator[House]:
    """A house on a folder (and a database by its URL, else SQLite) that is empty or was an earlier house's, closed with
    the block."""
    (home / "groups").mkdir(parents=True, exist_ok=True)
    for name, (access, *lines) in _GROUPS.items():
        text = "\n".join((f"# {name}", f"# {name}.rec", f"# {access}", *lines, ""))
        (home / "groups" / f"{name}.rec").write_text(text, "utf-8")
    settings = Settings(
        home=home,
        database=database,
        spool_reserve_mb=1,
        max_document_mb=1,
        faxout_from="127.0.0.0/8",
        ipp_proxies=PROXY,
        dnssd="off",
    )
    prepare_home(settings)
    with ExitStack() as stack:
        plain, secure = (stack.enter_context(socket.create_server((_HERE, 0))) for _ in range(2))
        services = _cheapen(build_services(settings))
        stack.callback(services.close)
        if not services.accounts.has_users():
            for name, role in _USERS.items():
                services.accounts.create_user(name, role, PASSWORD, ROOT)
        door = Door(services, plain, secure)
        rim = door._rim if thorough else dataclasses.replace(door._rim, admit=look_briefly)
        service = _tell(make_service(rim), listener)
        threads = stack.enter_context(ThreadPoolExecutor(2, "ipp")) if thorough else None
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)
        loop.set_exception_handler(lambda _, context: listener.complained(context))
        limits = ExchangeLimits(document=OCTETS)
        patience = HttpLimits(body_size=OCTETS, drain=OCTETS)

        async def start() -> IppServer:
            server = IppServer(service, door._page, patience, executor=threads, documents=limits, proxies=door._proxies)
            server.start_on(socket.create_server((_HERE, 0)))
            return server

        server = loop.run_until_complete(start())
        port = server._listeners[0].port
        stack.callback(lambda: loop.run_until_complete(server.close()))
        yield House(services, service, server, port, loop, limits)


def look_briefly(upload: Upload, name: str) -> Document:
    """What a document is by its first octets; its pages are guessed."""
    path = upload.finish()
    kind = read_format(path)
    return Document(upload.digest, upload.size, kind, name, 1 + upload.size % 3, None)


def _cheapen(services: Services) -> Services:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return dataclasses.replace(services, accounts=Accounts(services.database, passwords=Passwords(hasher)))


def _tell(service: Service, listener: Any) -> Service:
    told = ToldService(**{one.name: getattr(service, one.name) for one in dataclasses.fields(service) if one.init})
    object.__setattr__(told, "listener", listener)
    return told
