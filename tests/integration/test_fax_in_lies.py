"""Faxes of a HylaFAX server that lies: one of them keeps none of the others."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from distserver.compose import build_services
from distserver.intake.fax.reception import FaxReception
from distserver.intake.fax.taking import Taking, read_called
from distserver.model.accounts import Role
from distserver.model.jobs import Actor
from distserver.model.received_faxes import Fate
from distserver.services import Services
from distserver.settings import load_settings
from distserver.store.preparation import prepare_home
from distwire.hylafax import HylaFaxError
from tests.support.numbered_faxes import make_fax
from tests.support.scripted_hfaxd import ScriptedHfaxd, run_scripted

OPERATOR = Actor("operator", Role.OPERATOR)
DESCRIPTION, DOUBLE = 270, 12


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings, infos = load_settings(tmp_path / "home", {}, {"spool_reserve_mb": 0, "max_document_mb": 1})
    prepare_home(settings)
    (settings.groups_dir / "osaka.rec").write_text("# Osaka\n# osaka.rec\ndiscard:x; X\n")
    found = build_services(settings, infos)
    try:
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def receiving(services: Services, scripted: ScriptedHfaxd) -> Iterator[Callable[[], Awaitable[None]]]:
    """What the reception does each round."""
    routes = services.settings.fax_in_path
    routes.write_text(f"hylafax://127.0.0.1:{scripted.port}; Ours\n*; Osaka\n")
    reception = FaxReception(services)
    (host,) = reception._file.refresh().hosts
    taking = Taking(services, host, lambda: reception._file.routes)
    try:
        yield lambda: reception.empty(host, taking)
    finally:
        reception._loop.close()


def list_fates(services: Services) -> dict[str, Fate]:
    return {fax.origin.name: fax.fate for fax in services.faxes.list(OPERATOR)}


@pytest.mark.parametrize("octets", [200, 3 << 20])
async def test_fax_larger_than_the_server_says_is_refused_and_the_next_one_taken(
    services: Services, octets: int
) -> None:
    good = make_fax(1)

    async def tell(command: str, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = {
            "LIST recvq": f"bad.tif|100|1|1000||||||\ngood.tif|{len(good)}|1|2000||||||\n".encode(),
            "RETR recvq/bad.tif": bytes(octets),
            "RETR recvq/good.tif": good,
        }[command]
        writer.write(said)
        await writer.drain()

    async with run_scripted({}, tell) as scripted:
        with receiving(services, scripted) as empty:
            with pytest.raises(HylaFaxError, match="sends more of it"):
                await empty()
            await empty()
        assert len(scripted.told("RETR recvq/bad.tif")) == 1
    assert list_fates(services) == {"bad.tif": Fate.REFUSED, "good.tif": Fate.ACCEPTED}


async def test_fax_at_which_the_server_breaks_keeps_none_of_the_others(services: Services) -> None:
    good = make_fax(1)

    async def tell(command: str, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if command == "LIST recvq":
            writer.write(f"bad.tif|100|1|1000||||||\ngood.tif|{len(good)}|1|2000||||||\n".encode())
        elif command.endswith("good.tif"):
            writer.write(good)

    async with run_scripted({"RETR recvq/bad.tif": "421 The server ends."}, tell) as scripted:
        with receiving(services, scripted) as empty:
            for _ in range(2):
                with pytest.raises(HylaFaxError, match="The server ends"):
                    await empty()
    assert list_fates(services) == {"good.tif": Fate.ACCEPTED}


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 1e300, -1.0])
def test_number_called_of_a_strange_kind_is_none(tmp_path: Path, number: float) -> None:
    path = tmp_path / "fax.tif"
    place = 8 + 2 + 3 * 12 + 4
    fields = struct.pack("<HHII", DESCRIPTION, DOUBLE, 1, place)
    fields += struct.pack("<HHII", 273, 4, 1, 8) + struct.pack("<HHII", 279, 4, 1, 1)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, 3) + fields + bytes(4) + struct.pack("<d", number))
    assert read_called(path) == ""
