"""The fenced child that draws a page: `python -m pc_client.receiver.page_child FILE PAGE WIDTH ROTATION`; a PNG on
standard output. PAGE counts from 1, WIDTH is in dots, ROTATION in degrees clockwise."""

from __future__ import annotations

import sys

import pypdfium2

from distwire.fence import set_limits

_MEMORY, _CPU_SECONDS = 2 << 30, 60
_MOST_DOTS = 60_000_000


def main(arguments: list[str]) -> int:
    """0, or 2 when there is no such page, 3 when the file cannot be read."""
    set_limits(memory=_MEMORY, file_octets=1 << 26, cpu_seconds=_CPU_SECONDS)
    path, number, width, rotation = arguments[0], *(int(one) for one in arguments[1:4])
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return 3
    if not 1 <= number <= len(document):
        return 2
    page = document[number - 1]
    across, down = page.get_size() if rotation % 180 == 0 else reversed(page.get_size())
    scale = min(width / max(across, 1), (_MOST_DOTS / max(across * down, 1)) ** 0.5)
    page.render(scale=scale, rotation=rotation).to_pil().save(sys.stdout.buffer, "PNG")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
