"""`distserver fax-convert`: what would go over the line, without a line and without a server."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from distserver.cli.exits import Exit
from distserver.cli.home import Home
from distserver.cli.output import echo_json, json_option
from distserver.model.capabilities import Capabilities
from distserver.model.documents import TIFF_F, Document, PrintOptions, RenditionClass
from distserver.plan.classify import choose_class
from distserver.plan.fax import RESOLUTION_NAMES, WIDTH_MEDIA
from distserver.render.contract import RenderLimits
from distserver.render.fence import FencedRunner
from distserver.render.formats import read_format
from distserver.render.tasks import ConvertTask, InputFile
from distwire.tiff.fax import CODINGS


@dataclass(frozen=True, slots=True)
class _Made:
    """What came of it: `octets` of the whole file, CPU and wall seconds of the conversion."""

    pages: int
    octets: int
    cpu_seconds: float
    seconds: float
    klass: RenditionClass


@click.command("fax-convert")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The TIFF-F to write.")
@click.option("--resolution", type=click.Choice(tuple(RESOLUTION_NAMES)), default="fine", show_default=True)
@click.option("--coding", type=click.Choice(CODINGS), default="mmr", show_default=True, help="How lines are coded.")
@click.option("--width", type=click.Choice(("A4", "B4", "A3")), default="A4", show_default=True, help="Paper there.")
@click.option("--header", help="Text of a line on top of each page; the number of the page is added.")
@click.option("--cover", help="A cover sheet in front: `To: … // From: … // Subject: … // message`.")
@json_option
@click.pass_obj
def command(home: Home, /, file: Path, out: Path, as_json: bool, **line: str | None) -> Exit:
    """Turn FILE into what a fax call would send: TIFF-F, a page at a time."""
    made = _convert(home.settings().max_pages, file, out, {name: word for name, word in line.items() if word})
    dpi = made.klass.dpi or (0, 0)
    facts = {
        "pages": made.pages,
        "octets": made.octets,
        "resolution": f"{dpi[0]}x{dpi[1]}",
        "coding": made.klass.coding,
        "class": made.klass.key,
        "cpu_seconds": round(made.cpu_seconds, 3),
        "seconds": round(made.seconds, 3),
    }
    if as_json:
        echo_json(facts)
    else:
        click.echo(f"{out}: pages {made.pages}, {facts['resolution']} dots per inch, {made.klass.coding}, "
                   f"{made.octets} octets, {_seconds_on_line(made.octets)} s at 14,400 bit/s")  # fmt: skip
    return Exit.OK


def _seconds_on_line(octets: int) -> int:
    return round(octets * 8 / 14400)


def _convert(max_pages: int, file: Path, out: Path, line: dict[str, str]) -> _Made:
    """As a delivery would have it, in a fenced child. Raises `DocumentRefused` and its like."""
    document = Document("", file.stat().st_size, read_format(file), file.name, 1)
    klass = choose_class(
        Capabilities(formats=(TIFF_F,)), [document], PrintOptions(media=WIDTH_MEDIA["a4"]), tuple(line.items())
    )
    runner = FencedRunner(RenderLimits(pages=max_pages, parallel=1))
    try:
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder, "fax.tif")
            task = ConvertTask((InputFile(str(file.absolute()), document.format),), str(part), klass)
            verdict = runner.run(task)
            pages = verdict.unwrap().pages
            octets = part.stat().st_size
            _lay_down(part, out)
    finally:
        runner.close()
    return _Made(pages, octets, verdict.usage.cpu_seconds, verdict.usage.seconds, klass)


def _lay_down(part: Path, out: Path) -> None:
    try:
        shutil.copyfile(part, out)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror or error}") from error
