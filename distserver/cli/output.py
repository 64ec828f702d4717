"""What commands print: tables for people, JSON for scripts."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """`--json`: data for scripts instead of text."""
    decorate: Callable[[F], F] = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
    return decorate(command)


def echo_json(value: object) -> None:
    """One line of JSON, Japanese as it is."""
    click.echo(json.dumps(value, ensure_ascii=False))


def echo_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns in line also with wide characters; nothing under the heads when there is no row."""
    lines = [[_clean(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def count(number: int, thing: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def say_span(seconds: float) -> str:
    """`12 s`, `5 min`, `3 h`, `2 days`."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def show_time(moment: datetime | None) -> str:
    """In this machine's time zone; `-` for None."""
    return "-" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _clean(cell: object) -> str:
    text = "-" if cell is None or cell == "" else str(cell)
    return "".join(c if c.isprintable() else "?" for c in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)
