"""Fixtures that all tests share."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import uvloop
from hypothesis import settings

from distserver.store.database import Database
from distserver.store.migrate import migrate
from tests.support.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

settings.register_profile("busy", deadline=None)  # an example may take as long as a busy machine lets it
settings.load_profile("busy")

gc.set_threshold(20_000)
"""Collecting tests makes half a million objects that stay; by default a third of its time goes into looks at them."""

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
_LOOPS: Mapping[str, LoopFactory] = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """The IPP service runs on the loop of asyncio in devices, and on that of libuv in the server."""
    return _LOOPS if item.path.name.startswith("test_ipp_server") else {"asyncio": _LOOPS["asyncio"]}


def pytest_collection_finish() -> None:
    """What is there now stays: no look for objects that nobody has needs to see it again."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """At the end it does: nanobind takes what is left for leaks, and lists it."""
    gc.unfreeze()


@pytest.fixture(scope="module", autouse=True)
def _returned_memory() -> Iterator[None]:
    """What a module has freed goes back to the system: glibc keeps it, and each worker would grow to the sum of all."""
    yield
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: PostgresServer) -> str:
    """URL of a database with all tables, to be copied: making them takes longer than most tests."""
    url = postgres_server.create_database()
    database = Database(url, durable=True, pool=2)
    migrate(database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without rows, on each kind that is supported (N7)."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database(request.getfixturevalue("migrated_postgres"))
    yield url
    server.drop_database(url)
