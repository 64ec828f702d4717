"""How the modems of HylaFAX servers are, asked of all at once; one that is silent keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from distwire.hylafax import JOB_EVENTS, HylaFaxConnection, HylaFaxError, Login
from distwire.hylafax.modem import MODEM_FORMAT, ModemView, read_modem


@dataclass(frozen=True, slots=True)
class ServerView:
    """`trouble` is why a server could not be asked, `unheard` why what it tells by itself does not come; else empty."""

    server: str
    modems: tuple[ModemView, ...] = ()
    trouble: str = ""
    unheard: str = ""


def ask_servers(logins: Iterable[Login]) -> list[ServerView]:
    """Each in the order given."""

    async def ask_all() -> list[ServerView]:
        return list(await asyncio.gather(*map(_ask, logins)))

    return asyncio.run(ask_all())


async def _ask(login: Login) -> ServerView:
    try:
        connection = await HylaFaxConnection.open(login)
        try:
            lines = await connection.list_modems(MODEM_FORMAT)
            unheard = await _listen(connection)
        finally:
            await connection.close()
    except HylaFaxError as error:
        return ServerView(login.place, trouble=str(error))
    modems = tuple(modem for line in lines if (modem := read_modem(line)) is not None)
    return ServerView(login.place, modems, unheard=unheard)


async def _listen(connection: HylaFaxConnection) -> str:
    """Why it cannot tell of its jobs by itself, else empty: for that it opens a connection of its own to us."""
    try:
        stream = await connection.watch(JOB_EVENTS)
    except HylaFaxError as error:
        return str(error)
    await stream.close()
    return ""
