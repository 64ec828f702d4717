"""One server for the tests of a module, with groups that go nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.device_works import DeviceWorks, make_device_token, office_settings, run_works, server_url
from tests.support.server import Server, run_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with run_server(tmp_path_factory.mktemp("server")) as running:
        running.write_group("all.rec", "everybody", ["discard:own; own", "discard:osaka; Osaka", "discard:kobe; Kobe"])
        running.write_group("west.rec", "west", ["discard:osaka; Osaka", "discard:kobe; Kobe"])
        running.write_group("fax.rec", "fax", ["tel:+81312345678; Tokyo", "discard:fax; Fax"])
        running.wait_for_groups("all.rec", "west.rec", "fax.rec")
        yield running


@pytest.fixture
def device(tmp_path: Path, server: Server) -> Iterator[DeviceWorks]:
    make_device_token(server, tmp_path / "home")
    with run_works(tmp_path / "home", office_settings(server_url(server), tmp_path / "feeder")) as works:
        yield works
