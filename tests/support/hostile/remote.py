"""The network from outside: in a process of its own or a thread, told what to do over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.hostile.network import Network
from tests.support.hostile.paper import Paper
from tests.support.hostile.script import Script

_ROOT = Path(__file__).resolve().parents[3]
_PATIENCE = 60.0


class HostileNetwork:
    """A running network. Every method blocks until it is done."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._uris: dict[str, str] = {}

    def play(self, scripts: Mapping[str, Script]) -> None:
        """Give printers new scripts; they may be under way."""
        self._uris |= self._call("POST", "scripts", {name: one.to_json() for name, one in scripts.items()})

    def uri(self, name: str) -> str:
        """A printer's address; of one with a door only after its first script."""
        return self._uris.get(name, f"ipp://127.0.0.1:{self.port}/ipp/print/{quote(name)}")

    def paper(self) -> Paper:
        """What came out and what came in, so far."""
        return Paper.from_json(self._call("GET", "paper"))

    def jobs(self, name: str) -> list[dict[str, Any]]:
        """A printer's jobs as it knows them now."""
        answer: list[dict[str, Any]] = self._call("GET", f"jobs?printer={quote(name)}")
        return answer

    def figures(self) -> dict[str, Any]:
        """Connections accepted and open; requests of each printer by operation."""
        answer: dict[str, Any] = self._call("GET", "figures")
        return answer

    def reset(self) -> None:
        """Forget the paper, and let all printers be well."""
        self._call("POST", "reset")

    def lines(self, names: Sequence[str], **options: str) -> list[str]:
        """Lines of a group file, one for each printer."""
        tail = "".join(f"; {key}={value}" for key, value in options.items())
        return [f"{self.uri(name)}; {name}{tail}" for name in names]

    def write_group(self, path: Path, title: str, names: Sequence[str], **options: str) -> None:
        """A .rec group file of these printers."""
        lines = [f"# {title}", f"# {path.name}", *self.lines(names, **options), ""]
        path.write_text("\n".join(lines), encoding="utf-8")

    def _call(self, method: str, path: str, table: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method, f"/control/{path}", None if table is None else json.dumps(table))
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(f"the network says {answer.status}: {body.decode(errors='replace')}")
        return json.loads(body)


@contextlib.contextmanager
def run_hostile_process() -> Iterator[HostileNetwork]:
    """A network in a process of its own: it lives on while the servers under test are killed."""
    command = [sys.executable, "-m", "tests.support.hostile"]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the hostile network did not start")
            yield HostileNetwork(json.loads(line)["port"])
        finally:
            process.terminate()


@contextlib.contextmanager
def run_hostile_thread() -> Iterator[HostileNetwork]:
    """A network in a thread of this process."""
    network, loop = Network(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="hostile-network")
    thread.start()
    try:
        yield HostileNetwork(asyncio.run_coroutine_threadsafe(network.start(), loop).result(_PATIENCE))
    finally:
        asyncio.run_coroutine_threadsafe(network.stop(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
