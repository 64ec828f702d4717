"""A wall clock that jumps, for processes started with `settings` in their environment (`wrong_clock.c`)."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path


class WrongClock:
    """Right until it is told to jump. The shim is compiled into `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "seconds"
        self._file.write_bytes(struct.pack("d", 0.0))
        library = folder / "wrong_clock.so"
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source)], check=True)
        self.environment = {"LD_PRELOAD": str(library), "WRONG_CLOCK": str(self._file)}

    def jump(self, seconds: float) -> None:
        """From now on the clock is so many seconds ahead of the right time."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("d", seconds))
