"""The fenced child that turns one document into page images: `python -m mfp_client.printing.child SPEC`.

SPEC is a JSON object (see `rasterizer.py`). For each line on standard input one page is drawn, saved, and told as one
line of JSON on standard output; so the child never runs ahead of the paper. It ends after `end` or `error`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from distwire.fence import set_limits
from mfp_client.printing.job import Ticket
from mfp_client.printing.pages import Page, Source, Unprintable, open_pages
from mfp_client.printing.profiles import PROFILES

MEMORY = 3 << 30
CPU_SECONDS = 600
FILE_SIZE = 1 << 30


def main(arguments: list[str]) -> int:
    """Run the child; 0 also when the document cannot be printed: that has been said on standard output."""
    spec = json.loads(arguments[0])
    set_limits(memory=MEMORY, file_octets=FILE_SIZE, cpu_seconds=CPU_SECONDS)
    folder = Path(spec["folder"])
    try:
        total, pages = open_pages(_source(spec))
        _say(pages=total)
        for number, _line in enumerate(sys.stdin, start=spec["first"]):
            page = next(pages, None)
            if page is None:
                _say(end=True)
                return 0
            _save(page, number, folder, dpi=PROFILES[spec["profile"]].dpi)
    except Unprintable as error:
        _say(error=error.keyword, words=str(error))
    except MemoryError:
        _say(error="document-format-error", words="the document needs more memory than this printer has")
    return 0


def _source(spec: dict[str, Any]) -> Source:
    ticket = spec["ticket"]
    ranges = tuple((first, last) for first, last in ticket["page_ranges"])
    return Source(
        path=Path(spec["document"]),
        format=spec["format"],
        ticket=Ticket(**{**ticket, "page_ranges": ranges}),
        profile=PROFILES[spec["profile"]],
        first=spec["first"],
    )


def _save(page: Page, number: int, folder: Path, dpi: int) -> None:
    name = f"page-{number:03d}.png"
    page.image.save(folder / name, "PNG", compress_level=1, dpi=(dpi, dpi))
    _say(
        page=number,
        file=name,
        width=page.image.width,
        height=page.image.height,
        media=page.media,
        sides=page.sides,
    )


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
