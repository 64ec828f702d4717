"""Which process of a server a campaign kills, and how `serve` comes back: as a system's supervisor does it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from tests.support.processes import Process
from tests.support.server import Server

WEIGHTS = {"web": 2, "worker": 3, "template": 3, "child": 9}
"""How often each kind is chosen of those that are there, beside `serve` itself, which is always there. `template` forks
the children that convert, which are there for moments only."""

_SERVE = 1 / 14

_WAIT_SECONDS = 0.6
_LOOK_SECONDS = 0.01


def kill_one(server: Server, chance: random.Random) -> str | None:
    """`kill -9` for a process that is there just now; its kind, or None when nobody was. Every third time it waits a
    little for a child to come up."""
    until = time.monotonic() + (_WAIT_SECONDS if chance.random() < 1 / 3 else 0.0)
    found = sort_out(server.descendants())
    while not found["child"] and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
        found = sort_out(server.descendants())
    if chance.random() < _SERVE:
        return _kill_serve(server)
    there = [kind for kind in WEIGHTS if found[kind]]
    if not there:
        return None
    victim = chance.choices(there, [WEIGHTS[kind] for kind in there])[0]
    return victim if chance.choice(found[victim]).kill() else None


def _kill_serve(server: Server) -> str | None:
    if server.process.poll() is not None:
        return None
    server.process.kill()
    server.process.wait()
    server.start_again()
    return "serve"


def keep_serving(server: Server) -> None:
    """Start `serve` again if it has ended: the port or the home may have been taken by what was dying yet."""
    if server.process.poll() is not None:
        server.start_again()


def sort_out(processes: Sequence[Process]) -> dict[str, list[Process]]:
    """Processes below `serve` by kind."""
    of_render = {p.pid for p in processes if "render.template" in p.command}
    return {
        "web": [p for p in processes if " web " in f"{p.command} " and p.pid not in of_render],
        "worker": [p for p in processes if " worker " in f"{p.command} " and p.pid not in of_render],
        "template": [p for p in processes if p.pid in of_render and p.parent not in of_render],
        "child": [p for p in processes if p.parent in of_render],
    }
