"""`mfp-client scan` and `mfp-client scanners`."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click

from distwire.local.ending import handled
from distwire.scan.choice import open_scanner
from distwire.scan.contract import Capabilities, Color, ScanJob, Source
from distwire.scan.discovery import find_scanners
from distwire.scan.faults import ScanError
from distwire.scan.output import check_target, write_pages
from distwire.scan.session import Answer, Interruption, ScannedPage, ScanOptions, ScanSession, end_here

KEPT_IN_PART = 3
"""Exit code of a scan that was ended early with its pages kept."""

_AUTO = "auto"
_SOURCES = [_AUTO, *(str(source) for source in Source)]
_COLORS = [str(color) for color in Color]


@click.command()
@click.option("--from", "uri", required=True, metavar="URI", help="http://HOST/eSCL, sane:NAME or folder:PATH.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.tif or FILE.pdf.")
@click.option("--source", type=click.Choice(_SOURCES), default=_AUTO, show_default=True, help="Where paper lies.")
@click.option("--duplex", is_flag=True, help="Read both sides.")
@click.option("--resolution", default=300, show_default=True, type=click.IntRange(30, 2400), help="Dots per inch.")
@click.option("--color", type=click.Choice(_COLORS), default=_COLORS[1], show_default=True, help="How pages are read.")
@click.option("--remove-blank", is_flag=True, help="Leave out pages with nothing on them.")
@click.option("--fingerprint", metavar="SHA256", help="The scanner's own certificate is this one.")
@click.option("--json", "as_json", is_flag=True, help="Print what was scanned as JSON; asks nothing.")
def scan(**told: Any) -> None:
    """Scan into a file. A jam in the middle keeps what was read and asks; where nobody can be asked, it ends there.

    Exit code 3: the file has been written, but the scan was ended before the last sheet.
    """
    out: Path = told["out"]
    try:
        check_target(out)
        scanner = open_scanner(told["uri"], fingerprint=told["fingerprint"])
        ask = _ask if _is_attended() and not told["as_json"] else end_here
        with _ending_tidily(), tempfile.TemporaryDirectory(prefix=".scan-", dir=out.absolute().parent) as folder:
            options = ScanOptions(Path(folder), ask=ask, remove_blank=told["remove_blank"])
            session = ScanSession(scanner, _read_job(told), options)
            pages = [_tell_page(page) for page in session.run()]
            if not session.pages:
                raise click.ClickException("all pages are blank: nothing was written")
            write_pages(session.pages, out)
    except ScanError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out.parent} cannot be used: {error.strerror or error}") from error
    _tell_end(session, out, pages, as_json=told["as_json"])


@click.command()
@click.option("--from", "uris", multiple=True, metavar="URI", help="Ask this one, and look for no others.")
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(0, 60), help="How long to look.")
@click.option("--fingerprint", metavar="SHA256", help="The scanner's own certificate is this one.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects, one for each scanner.")
def scanners(uris: tuple[str, ...], seconds: float, fingerprint: str | None, as_json: bool) -> None:
    """List scanners in this network and those that SANE knows, with what each can."""
    found = [_ask_one(uri, fingerprint) for uri in uris or find_scanners(seconds)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        _show_scanner(one)
    if not found:
        click.echo("no scanner was found: name one with --from URI")


def _read_job(told: dict[str, Any]) -> ScanJob:
    source = None if told["source"] == _AUTO else Source(told["source"])
    return ScanJob(source, told["duplex"], told["resolution"], Color(told["color"]))


@contextlib.contextmanager
def _ending_tidily() -> Iterator[None]:
    """SIGTERM leaves through all that is open: the scanner is told, and nothing is left on disk."""

    def end(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    with handled(end, signal.SIGTERM):
        yield


def _is_attended() -> bool:
    return sys.stdin.isatty()


def _ask(stopped: Interruption) -> Answer:
    """Ask whoever stands there."""
    click.echo(f"Stopped: {stopped.error}. {stopped.pages} pages are kept.", err=True)
    choices = [str(answer) for answer in Answer if stopped.may_continue or answer is not Answer.CONTINUE]
    return Answer(click.prompt("Go on", type=click.Choice(choices), default=choices[0], err=True))


def _tell_page(page: ScannedPage) -> dict[str, Any]:
    """Say that a page has come, at once; what it is, as JSON tells it later."""
    look = page.look
    width, height = look.size
    note = ", blank: left out" if page.removed else ", blank" if look.blank else ""
    size = f"{width / 100:.0f} x {height / 100:.0f} mm"
    click.echo(f"page {page.number}: {size}, {look.resolution[0]:g} dpi, {page.color}{note}", err=True)
    return {
        "number": page.number,
        "width": look.width,
        "height": look.height,
        "resolution": list(look.resolution),
        "size_mm": [width / 100, height / 100],
        "color": str(page.color),
        "blank": look.blank,
        "removed": page.removed,
    }


def _tell_end(session: ScanSession, out: Path, pages: list[dict[str, Any]], *, as_json: bool) -> None:
    stopped = session.stopped_by
    kept = {page.number for page in session.pages}
    if as_json:
        told = [page for page in pages if page["number"] in kept or page["removed"]]
        facts = {"out": str(out), "kept": len(kept), "removed": session.blank, "pages": told}
        end = {"stopped_by": stopped.keyword, "words": str(stopped)} if stopped else {"stopped_by": None, "words": None}
        click.echo(json.dumps({**facts, **end}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{out}: {len(kept)} pages" + (f", {session.blank} blank ones left out" if session.blank else ""))
    if stopped is not None:
        click.echo(f"ended early: {stopped}", err=True)
        sys.exit(KEPT_IN_PART)


def _ask_one(uri: str, fingerprint: str | None) -> dict[str, Any]:
    try:
        return _describe(open_scanner(uri, fingerprint=fingerprint).describe())
    except ScanError as error:
        return {"uri": uri, "error": error.keyword, "words": str(error)}


def _describe(can: Capabilities) -> dict[str, Any]:
    return {
        "uri": can.uri,
        "name": can.name,
        "sources": [
            {
                "source": str(one.source),
                "duplex": one.duplex,
                "colors": [str(color) for color in one.colors],
                "resolutions": list(one.resolutions.values),
                "resolution_range": [one.resolutions.low, one.resolutions.high] if one.resolutions.high else None,
                "size_mm": [one.size[0] / 100, one.size[1] / 100],
            }
            for one in can.sources
        ],
    }


def _show_scanner(one: dict[str, Any]) -> None:
    if "error" in one:
        click.echo(f"{one['uri']}: {one['words']}")
        return
    click.echo(f"{one['uri']}: {one['name']}")
    for source in one["sources"]:
        between = source["resolution_range"]
        dots = [str(dpi) for dpi in source["resolutions"]] + ([f"{between[0]} to {between[1]}"] if between else [])
        sides = "one and two sides" if source["duplex"] else "one side"
        size = f"{source['size_mm'][0]:.0f} x {source['size_mm'][1]:.0f} mm"
        click.echo(f"  {source['source']}: {sides}, {', '.join(source['colors'])}, {', '.join(dots)} dpi, up to {size}")
