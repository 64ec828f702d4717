"""The network as a process: python -m tests.support.hostile [--port 0]; its first line is {"port": N}."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal

from tests.support.hostile.network import Network


async def serve(port: int) -> None:
    """Until SIGTERM or SIGINT."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    network, ended = Network(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    print(json.dumps({"port": await network.start(port)}), flush=True)
    await ended.wait()
    await network.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.support.hostile", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 finds a free one")
    asyncio.run(serve(parser.parse_args().port))
