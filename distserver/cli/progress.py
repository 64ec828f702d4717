"""Progress on a terminal; nothing where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

_WORTH_A_BAR = 4 << 20


@contextmanager
def upload_bar(files: Sequence[Path], *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for a long upload; gives the function to call with each number of bytes sent."""
    total = sum(path.stat().st_size for path in files if path.is_file())
    if quiet or not sys.stderr.isatty() or total < _WORTH_A_BAR:
        yield lambda _: None
        return
    with click.progressbar(length=total, label="sending", file=sys.stderr) as bar:
        yield bar.update


class StatusLine:
    """One line on standard error that is written over as things change."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Put `text` in place of what stood there."""
        if self._shown:
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        self.show("")
