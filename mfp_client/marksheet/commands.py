"""`mfp-client sheet make` and `mfp-client sheet read`."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from distwire.marks import Mark
from mfp_client.home import home_option
from mfp_client.marksheet.key import KeyUnusable, load_key
from mfp_client.marksheet.layout import LANGUAGES
from mfp_client.marksheet.reader import SheetPage, SheetReader
from mfp_client.marksheet.verdict import Rule

if TYPE_CHECKING:
    from mfp_client.marksheet.drawing import Sheet


@click.group()
def sheet() -> None:
    """Make and read mark sheets: paper that names a stored document."""


@sheet.command()
@click.option("--id", "image_id", required=True, metavar="ID", help="Image ID of the stored document, 8 digits.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="PDF file to write.")
@click.option("--title", default="", help="What the document is called.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="Last day on which the sheet is good.")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), help="Picture of the document's first page.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the words on it.")
@home_option
def make(home: Path, out: Path, **told: Any) -> None:
    """Make the mark sheet of a stored document."""
    from mfp_client.marksheet.drawing import draw_sheet

    try:
        out.write_bytes(draw_sheet(_describe_sheet(told), _load_key(home)))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror or error}") from error


@sheet.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--all", "every_symbol", is_flag=True, help="List every symbol on the page, also those of others.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a page.")
@home_option
def read(home: Path, files: tuple[Path, ...], every_symbol: bool, as_json: bool) -> None:
    """Read the marks of scanned pages: TIFF, PDF, JPEG or PNG."""
    rule = Rule(_load_key(home), _today(), every_symbol)
    with SheetReader(rule) as reader:
        for file in files:
            for page in reader.read_file(file):
                facts = _describe_page(page, every_symbol=every_symbol)
                click.echo(json.dumps(facts) if as_json else _say(facts))


def _describe_sheet(told: dict[str, Any]) -> Sheet:
    from mfp_client.marksheet.drawing import Sheet

    expires: datetime | None = told["expires"]
    mark = Mark("".join(told["image_id"].split()), None if expires is None else expires.date())
    plain = Sheet(mark, _today(), told["title"], told["language"])
    if told["page"] is None:
        return plain
    from mfp_client.marksheet.first_page import lay_on_page

    return lay_on_page(plain, told["page"])


def _describe_page(page: SheetPage, *, every_symbol: bool) -> dict[str, Any]:
    verdict = page.verdict
    mark = None if verdict.mark is None else verdict.mark.image_id
    facts = {"file": str(page.file), "page": page.page, "mark": mark, "why": verdict.why}
    if not every_symbol:
        return facts
    rounded = [{**asdict(each), "x": round(each.x), "y": round(each.y)} for each in verdict.symbols]
    return {**facts, "symbols": rounded}


def _say(facts: dict[str, Any]) -> str:
    symbols = "".join(
        f"\n  {each['format']} at {each['x']},{each['y']}: {each['text']}" for each in facts.get("symbols", [])
    )
    mark = facts["mark"]
    found = f"{mark[:4]} {mark[4:]}" if mark else facts["why"]
    return f"{click.format_filename(facts['file'])}, page {facts['page']}: {found}{symbols}"


def _load_key(home: Path) -> bytes:
    try:
        return load_key(home)
    except KeyUnusable as error:
        raise click.ClickException(str(error)) from error


def _today() -> date:
    return datetime.now().astimezone().date()
