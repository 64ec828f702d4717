"""Keeps a process running: started again when it has ended, sooner or later as it ends seldom or often."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_log = logging.getLogger(__name__)

CALM_SECONDS = 30.0
"""Who lived so long has not ended at its start: it is started again at once."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0


@dataclass(frozen=True, slots=True)
class Program:
    """What is kept running: its name in the log, how it is started, and for how long it may end (seconds)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    grace: float = 10.0


async def keep_running(program: Program) -> None:
    """Run it for ever. Cancelled, it ends the process: with SIGTERM, and with SIGKILL if that takes too long."""
    deaths = 0
    while True:
        began = time.monotonic()
        code = await _run_once(program)
        deaths = 0 if time.monotonic() - began > CALM_SECONDS else deaths + 1
        pause = find_pause(deaths)
        _log.warning("the %s has ended (%s); it is started again in %g s", program.name, _say_code(code), pause)
        await asyncio.sleep(pause)


def find_pause(deaths: int) -> float:
    """Seconds before the next start, after so many early deaths in a row."""
    return min(_FIRST_PAUSE * 2.0 ** (deaths - 1), _LONGEST_PAUSE) if deaths else 0.0


async def _run_once(program: Program) -> int:
    """Its exit code; negative, the signal that ended it."""
    process = await asyncio.create_subprocess_exec(
        *program.command,
        stdin=asyncio.subprocess.DEVNULL,
        env={**os.environ, **program.environment},
        start_new_session=True,  # Ctrl-C is for us, who end it in good order
    )
    _log.info("the %s runs as process %d", program.name, process.pid)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            await _end(process, program.grace)


async def _end(process: asyncio.subprocess.Process, grace: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    ended = asyncio.ensure_future(process.wait())
    # Not `asyncio.timeout`: in a task that is being cancelled, Python before 3.11.5 lets it end the task instead.
    await asyncio.wait({ended}, timeout=grace)
    if not ended.done():
        _log.warning("process %d does not end: it is killed", process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await ended


def _say_code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
