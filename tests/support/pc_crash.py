"""A receiver that dies by kill -9 at one instant: `python -m tests.support.pc_crash before|after POINT receiver …`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from distwire.api.client import ApiClient
from pc_client.cli import cli
from pc_client.receiver import taking
from pc_client.receiver.inbox import Inbox

POINTS: dict[str, tuple[Any, str]] = {
    "begin": (Inbox, "begin"),
    "first-page": (ApiClient, "letter_first_page"),
    "part": (ApiClient, "letter_part"),
    "hold": (Inbox, "hold"),
    "stored": (ApiClient, "letter_stored"),
    "own": (Inbox, "own"),
}


def die_at(when: str, point: str) -> None:
    """From now on the first call of that function is the last of this process."""
    owner, name = POINTS[point]
    real: Callable[..., Any] = getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> Any:
        if when == "after":
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, call)


if __name__ == "__main__":
    taking.PIECE = 100_000
    die_at(sys.argv[1], sys.argv[2])
    cli(sys.argv[3:], prog_name="pc-client")
