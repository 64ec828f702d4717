"""Stored pages as pictures for a screen, drawn by a fenced child: a page of A3 in colour takes 200 MB, a screen few.

The child is `python -m mfp_client.memory.preview`: a line of JSON and the octets of a strip on standard input; a JPEG
on standard output, or nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys

from distwire.fence import set_limits, start_child
from distwire.tiff import PageFacts, TiffPage, Tone
from mfp_client.memory.encoding import decode_page, make_thumbnail
from mfp_client.memory.errors import Damaged

LARGE = 1000
_SECONDS = 60.0
_MEMORY = 1536 << 20
_MOST_LINE = 4096


def draw_preview(page: TiffPage, longest: int = LARGE) -> bytes:
    """A JPEG of a page in its true proportions, its longer side so many pixels. Raises `Damaged`."""
    facts = page.facts
    said = {
        "width": facts.width,
        "height": facts.height,
        "dpi": facts.dpi,
        "tone": facts.tone.value,
        "longest": longest,
    }
    with start_child("mfp_client.memory.preview") as child:
        try:
            drawn, _ = child.communicate(json.dumps(said).encode() + b"\n" + page.strip, _SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            drawn = b""
    if not drawn:
        raise Damaged("this page cannot be shown: it is damaged, or too large")
    return drawn


def main() -> None:
    """Draw one page."""
    set_limits(memory=_MEMORY, file_octets=0, cpu_seconds=round(_SECONDS))
    said = json.loads(sys.stdin.buffer.readline(_MOST_LINE))
    dpi = said["dpi"][0], said["dpi"][1]
    page = TiffPage(PageFacts(said["width"], said["height"], dpi, Tone(said["tone"])), sys.stdin.buffer.read())
    sys.stdout.buffer.write(make_thumbnail(decode_page(page), dpi, said["longest"]))


if __name__ == "__main__":
    main()
