"""What the tests of the IPP channel and its client share: a printer that does as it is told, and a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from distserver.deliver.channels.ipp import IppChannel
from distserver.deliver.contract import DeliveryRequest
from tests.support.deliveries import make_pdf, make_request
from tests.support.fake_printer import FakePrinter, run_fake_printer
from tests.support.rigs import make_target


@pytest.fixture
async def printer() -> AsyncIterator[FakePrinter]:
    async with run_fake_printer() as printer:
        yield printer


@pytest.fixture
async def channel() -> AsyncIterator[IppChannel]:
    channel = IppChannel()
    yield channel
    await channel.close()


@pytest.fixture
def request_(printer: FakePrinter, tmp_path: Path) -> DeliveryRequest:
    """A delivery to the printer."""
    return make_request(make_target(printer.uri), tmp_path, make_pdf(300_000))
