"""Puts a device together: history, output, printer, its page and server; runs it until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from distwire.ipp.server import IppServer
from mfp_client.printing.addresses import printer_uri
from mfp_client.printing.device import Device, DeviceOptions
from mfp_client.printing.history import History
from mfp_client.printing.operations import PrinterOperations
from mfp_client.printing.output import Output, Tray
from mfp_client.printing.page.site import PrinterSite
from mfp_client.tenancy import hold_folder


@dataclass(frozen=True, slots=True)
class ProgramOptions:
    """Everything `mfp-client printer` was told. With `queue` pages go to that CUPS queue instead of the tray."""

    device: DeviceOptions
    host: str
    port: int
    tray: Path
    state: Path
    queue: str | None = None


Beside = Callable[[], Coroutine[None, None, None]]


async def _nothing() -> None:
    await asyncio.Event().wait()


def run_program(options: ProgramOptions, announce: Callable[[str], None], beside: Beside = _nothing) -> None:
    """Run a printer until SIGTERM or SIGINT. `announce` gets its URI once it listens. Raises OSError when it cannot.

    `beside` runs from then on for ever, and is cancelled at the end.
    """
    with hold_folder(options.state):
        asyncio.run(_run(options, announce, beside))


async def _run(options: ProgramOptions, announce: Callable[[str], None], beside: Beside) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    device = Device(options.device, History(options.state), _open_output(options))
    page = PrinterSite(device, options.tray if options.queue is None else None)
    operations = PrinterOperations(device, page.show_message)
    server = IppServer(operations.make_service(), page.answer)
    port = await server.start(options.host, options.port)
    printing = asyncio.create_task(device.run())
    operations.fallback = f"{_bracketed(options.host)}:{port}"
    announce(printer_uri(operations.fallback))
    company = [asyncio.create_task(device.watch_output()), asyncio.create_task(beside())]
    ending = asyncio.create_task(_wait_for(ended))
    try:
        await asyncio.wait({printing, *company, ending}, return_when=asyncio.FIRST_COMPLETED)
        for task in (printing, *company):
            if task.done():
                task.result()  # a defect of ours: let it be seen
    finally:
        for task in (ending, *company):
            task.cancel()
        await server.close()
        printing.cancel()
        for task in (printing, *company):
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _wait_for(event: asyncio.Event) -> None:
    await event.wait()


def _open_output(options: ProgramOptions) -> Output:
    if options.queue is None:
        return Tray(options.tray, options.device.name)
    from mfp_client.printing.cups_output import CupsOutput

    return CupsOutput(options.queue, options.state)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def say(line: str) -> None:
    """Print a line at once: who started us may be waiting for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
