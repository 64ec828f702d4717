"""`mfp-client memory …`: the image memory from the command line."""

from __future__ import annotations

import asyncio
import getpass
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from mfp_client.home import home_option
from mfp_client.memory.display import describe, describe_usage, tell_all, tell_none, tell_pages, tell_row, tell_usage
from mfp_client.memory.errors import MemoryFault, WrongRequest, say_id, say_size
from mfp_client.memory.intake import add_file
from mfp_client.memory.media import list_media
from mfp_client.memory.medium import Medium, copy_document, move_document
from mfp_client.memory.records import Asker, Draft, Limits
from mfp_client.memory.sources import TONES
from mfp_client.memory.store import ImageMemory
from mfp_client.memory.take_out import PDF, SIDES, TIFF, PrintOrder, take_out
from mfp_client.memory.wishes import read_ids

_DAY = 24 * 3600.0
_FORMATS = {"tiff": TIFF, "pdf": PDF}
_FAILED = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What every command is told: where the memory is, who asks, and how to answer."""

    home: Path
    asker: Asker
    limits: Limits
    as_json: bool

    @contextmanager
    def memory(self) -> Iterator[ImageMemory]:
        """The memory, open; faults end the command in words, or as JSON."""
        try:
            with ImageMemory(self.home, self.limits) as memory:
                yield memory
        except MemoryFault as fault:
            self.fail(fault)

    def fail(self, fault: MemoryFault) -> NoReturn:
        """End the command with exit code 1."""
        if not self.as_json:
            raise click.ClickException(str(fault)) from fault
        self.say({"error": fault.keyword, "message": str(fault)}, [])
        raise SystemExit(_FAILED) from fault

    def say(self, answer: dict[str, Any], lines: list[str]) -> None:
        """The answer, or the lines for people."""
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if self.as_json else "\n".join(lines))


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Options that every command has; they become a `Wish`."""

    def run(home: Path, user: str, operator: bool, limit_mb: int, as_json: bool, **told: Any) -> None:
        command(Wish(home, Asker(user, operator), Limits(octets=limit_mb * 10**6), as_json), **told)

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer as JSON."),
        click.option(
            "--limit-mb", default=4000, show_default=True, envvar="MFP_CLIENT_LIMIT_MB", help="Room for all documents."
        ),
        click.option("--operator", is_flag=True, help="See, erase and move what others own, too."),
        click.option("--user", default=getpass.getuser, help="Who asks; default: the user of this machine."),
        home_option,
    ):
        run = option(run)
    return run


_image_id = click.argument("image_id", nargs=-1, required=True, metavar="IMAGE_ID")


def _read_one(typed: tuple[str, ...]) -> int:
    """One image ID, which may come in two words. Raises `WrongRequest`."""
    found = read_ids(typed)
    if len(found) != 1:
        raise WrongRequest("name one image ID")
    return found[0]


@click.group()
def memory() -> None:
    """Stored documents: list, show, add, take-out (print), copy, move, erase."""


@memory.command("list")
@click.option("--search", default="", help="Only those with these parts in title, owner or image ID.")
@click.option("--before", type=int, help="The next page of a list: the number of its last document.")
@click.option("--count", default=50, show_default=True, type=click.IntRange(1, 500), help="How many at most.")
@click.option("--unclosed", is_flag=True, help="Those that broke off while they were made.")
@_common
def list_command(wish: Wish, search: str, before: int | None, count: int, unclosed: bool) -> None:
    """List documents, the newest first."""
    with wish.memory() as opened:
        if unclosed:
            found = opened.list_unclosed(wish.asker)
        else:
            found = opened.list_documents(wish.asker, text=search, before=before, limit=count)
        usage = opened.room.usage()
    answer = {"documents": [describe(one) for one in found], "usage": describe_usage(usage)}
    rows = [*map(tell_row, found)] or [tell_none(search, unclosed=unclosed)]
    wish.say(answer, [*rows, tell_usage(usage)])


@memory.command("show")
@_image_id
@click.option("--thumbnail", type=click.Path(path_type=Path), help="Write a small JPEG of the first page to this file.")
@_common
def show_command(wish: Wish, image_id: tuple[str, ...], thumbnail: Path | None) -> None:
    """Show all of a document."""
    with wish.memory() as opened:
        document = opened.find(_read_one(image_id), wish.asker, unclosed=True)
        if thumbnail is not None:
            thumbnail.write_bytes(opened.thumbnail(document.id, wish.asker))
    wish.say(describe(document), list(tell_all(document)))


@memory.command("add")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--title", help="What it is called; default: the name of the first file.")
@click.option("--private", is_flag=True, help="Only the owner sees it.")
@click.option("--keep-days", type=click.FloatRange(min=0, min_open=True), help="Erase it after so many days.")
@click.option("--tone", type=click.Choice(TONES), default="auto", show_default=True, help="What the pages become.")
@_common
def add_command(
    wish: Wish, files: tuple[Path, ...], title: str | None, private: bool, keep_days: float | None, tone: str
) -> None:
    """Store TIFF, PDF, JPEG and PNG files as one document, in their order."""
    expires = None if keep_days is None else time.time() + keep_days * _DAY
    draft = Draft(title if title is not None else files[0].stem, wish.asker.name, private, expires)
    with wish.memory() as opened, opened.open(draft) as document:
        for file in files:
            add_file(document, file, tone)
        stored = document.close()
    wish.say(describe(stored), [f"stored as {say_id(stored.id)} ({tell_pages(stored)}, {say_size(stored.octets)})"])


@memory.command("take-out")
@_image_id
@click.option("--printer", required=True, help="ipp://HOST/ipp/print, or cups:QUEUE.")
@click.option("--copies", default=1, show_default=True, help="How many.")
@click.option("--sides", type=click.Choice(SIDES), help="One or both sides of the paper.")
@click.option("--media", help="Paper, such as iso_a4_210x297mm.")
@_common
def take_out_command(
    wish: Wish, image_id: tuple[str, ...], printer: str, copies: int, sides: str | None, media: str | None
) -> None:
    """Print a document."""
    with wish.memory() as opened:
        order = PrintOrder(printer, copies, sides, media)
        job = asyncio.run(take_out(opened, _read_one(image_id), wish.asker, order))
    wish.say({"printer": printer, "job": job}, [f"{printer} has it as job {job}"])


def _process(name: str, words: str, process: Callable[..., Path]) -> None:
    @memory.command(name, help=words)
    @_image_id
    @click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="A folder of the medium.")
    @click.option(
        "--format", "form", type=click.Choice(list(_FORMATS)), default="tiff", show_default=True, help="As what."
    )
    @click.option("--same-disk", is_flag=True, help="The folder may lie on the disk of the memory.")
    @_common
    def run(wish: Wish, image_id: tuple[str, ...], folder: Path, form: str, same_disk: bool) -> None:
        with wish.memory() as opened:
            medium = Medium(folder, _FORMATS[form], same_disk)
            path = process(opened, _read_one(image_id), wish.asker, medium)
        wish.say({"file": str(path)}, [f"written and verified: {path}"])


_process("copy", "Copy a document to a removable medium, and read it back.", copy_document)
_process("move", "Copy a document to a removable medium, read it back, and erase it here.", move_document)


@memory.command("media")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def media_command(as_json: bool) -> None:
    """List the removable media that are in."""
    found = list_media()
    if as_json:
        click.echo(json.dumps({"media": [{"folder": str(one.folder), "free": one.free} for one in found]}))
        return
    for one in found:
        click.echo(f"{one.folder}  {say_size(one.free)} free")
    if not found:
        click.echo("no medium is in")


@memory.command("erase")
@click.argument("image_ids", nargs=-1, required=True, metavar="IMAGE_ID...")
@_common
def erase_command(wish: Wish, image_ids: tuple[str, ...]) -> None:
    """Erase documents."""
    erased = []
    with wish.memory() as opened:
        for image_id in read_ids(image_ids):
            opened.erase(image_id, wish.asker)
            erased.append(str(image_id))
            if not wish.as_json:
                click.echo(f"erased {say_id(image_id)}")
    if wish.as_json:
        wish.say({"erased": erased}, [])
