"""The fenced child that reads a file for the memory: `python -m mfp_client.memory.child FILE TONE [FRAME X_DPI Y_DPI]`.

For each page it writes a line of JSON on standard output, then the octets of its strip and, for the first, of a
thumbnail. It ends after `end` or `error`, and never runs ahead of who reads: a pipe holds little.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from distwire.fence import set_limits
from mfp_client.memory.encoding import encode_page, make_thumbnail
from mfp_client.memory.errors import Unreadable
from mfp_client.memory.sources import SourcePage, read_frame, read_pages

MEMORY = 3 << 30
CPU_SECONDS = 600
FILE_SIZE = 1 << 30


def main(arguments: list[str]) -> int:
    """Run the child; 0 also when the file cannot be read: that has been said on standard output."""
    set_limits(memory=MEMORY, file_octets=FILE_SIZE, cpu_seconds=CPU_SECONDS)
    try:
        for number, page in enumerate(_read(Path(arguments[0]), arguments[1], arguments[2:])):
            stored = encode_page(page.image, page.dpi, page.jpeg)
            thumbnail = make_thumbnail(page.image, page.dpi) if number == 0 else b""
            facts = stored.facts
            _say(
                width=facts.width,
                height=facts.height,
                dpi=facts.dpi,
                tone=facts.tone.value,
                octets=len(stored.strip),
                thumbnail=len(thumbnail),
            )
            sys.stdout.buffer.write(stored.strip + thumbnail)
        _say(end=True)
    except Unreadable as error:
        _say(error=str(error))
    except MemoryError:
        _say(error="the document needs more memory than this device has")
    except OSError as error:
        _say(error=f"the document cannot be read: {error.strerror or error}")
    return 0


def _read(path: Path, tone: str, chosen: list[str]) -> Iterable[SourcePage]:
    if not chosen:
        return read_pages(path, tone)
    return [read_frame(path, tone, int(chosen[0]), (float(chosen[1]), float(chosen[2])))]


def _say(**facts: object) -> None:
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
