"""A screen that nobody sees: Xvfb, for programs that print only from a window."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def run_screen() -> Iterator[str]:
    """The value of DISPLAY for its programs; the number is one that is free. Listens on no network."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp", "-noreset"]
    process = subprocess.Popen(command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError("Xvfb has no screen")
        yield f":{number}"
    finally:
        end_program(process)


def end_program(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and make it end when it does not."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
