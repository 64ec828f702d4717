"""How the modems of HylaFAX servers are, asked of all at once; one that is silent keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from distwire.hylafax import HylaFaxConnection, HylaFaxError, Login
from distwire.hylafax.modem import MODEM_FORMAT, ModemView, read_modem


@dataclass(frozen=True, slots=True)
class ServerView:
    """`trouble` is why a server could not be asked, else empty."""

    server: str
    modems: tuple[ModemView, ...] = ()
    trouble: str = ""


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
        finally:
            await connection.close()
    except HylaFaxError as error:
        return ServerView(login.place, trouble=str(error))
    return ServerView(login.place, tuple(modem for line in lines if (modem := read_modem(line)) is not None))
