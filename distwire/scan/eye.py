"""The fenced child that looks at pages: memory, time and files are limited, and a page that kills it is refused.

`python -m distwire.scan.eye` reads one JSON object a line, `{"path", "resolution", "frame", "pixels"}`, and answers
each with one.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from distwire.fence import set_limits, start_child
from distwire.scan.contract import Limits, RawPage
from distwire.scan.faults import BrokenAnswer, LimitExceeded
from distwire.scan.picture import Look, examine_page, name_drawn

MEMORY = 1536 << 20
CPU_SECONDS = 3600
FILE_SIZE = 256 << 20
LOOK_SECONDS = 60.0
_MOST_SAID = 1 << 20
_MODULE = "distwire.scan.eye"


class Eye:
    """Looks at the pages of one scan. The child is started for the first page, and again after one that killed it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Eye:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def examine(self, page: RawPage) -> Look:
        """Raises `BrokenAnswer` for a page that cannot be shown."""
        child = self._child = self._child or start_child(_MODULE)
        facts = {"path": str(page.path), "resolution": page.resolution, "frame": page.frame}
        asked = {**facts, "pixels": self._limits.pixels}
        line = self._exchange(child, json.dumps(asked).encode() + b"\n")
        if not line:
            self.close()
            raise BrokenAnswer("a page is made so that it cannot be looked at: it takes too much memory or time")
        try:
            answer = json.loads(line)
            if "refused" not in answer:
                return _unpack(answer)
            words, kind = str(answer["refused"]), LimitExceeded if answer["limit"] else BrokenAnswer
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise BrokenAnswer("a page makes whoever looks at it say what is not true") from error
        raise kind(words)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    @staticmethod
    def _exchange(child: subprocess.Popen[bytes], asked: bytes) -> bytes:
        """The child's line; empty when it died, or took too long and was killed for it."""
        if child.stdin is None or child.stdout is None:
            return b""
        watch = threading.Timer(LOOK_SECONDS, child.kill)  # Windows tells of no pipe whether something is in it
        watch.start()
        try:
            child.stdin.write(asked)
            child.stdin.flush()
            line = child.stdout.readline(_MOST_SAID)
        except OSError:  # its pipe is broken, by whatever number the system tells that
            return b""
        finally:
            watch.cancel()
        return line if line.endswith(b"\n") else b""


def _unpack(answer: dict[str, Any]) -> Look:
    preview = base64.b64decode(answer.pop("preview"))
    dpi = float(answer["resolution"][0]), float(answer["resolution"][1])
    return Look(**{**answer, "resolution": dpi, "preview": preview})


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        look = _look(RawPage(Path(asked["path"]), asked["resolution"], asked["frame"]), asked["pixels"])
    except BrokenAnswer as error:
        return {"refused": str(error), "limit": isinstance(error, LimitExceeded)}
    except MemoryError:
        return {"refused": "a page takes more memory than one is worth", "limit": True}
    return {**dataclasses.asdict(look), "preview": base64.b64encode(look.preview).decode()}


def _look(page: RawPage, most_pixels: int) -> Look:
    with page.path.open("rb") as file:
        if file.read(5) != b"%PDF-":
            return examine_page(page, most_pixels)
    from distwire.scan.pdf_page import DPI, draw_pdf_page

    total = draw_pdf_page(page, name_drawn(page), most_pixels)
    look = examine_page(RawPage(name_drawn(page), page.resolution or DPI), most_pixels)
    return dataclasses.replace(look, frames=total, drawn=True)


def main() -> None:
    """Answer line by line until there are no more."""
    set_limits(memory=MEMORY, file_octets=FILE_SIZE, cpu_seconds=CPU_SECONDS)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
