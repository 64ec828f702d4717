"""`pc-client send` and `pc-client outbox`."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from distwire.api.jobs import SubmissionForm
from distwire.local.ending import ended_by_signals
from pc_client.home import home_option
from pc_client.sending.draft import Decision, Wishes
from pc_client.sending.looking import NoBitmap, make_bitmap
from pc_client.sending.order import BadKey, Order, check_key, make_key, make_readable
from pc_client.sending.outbox import Outbox, Trouble
from pc_client.sending.sender import Sender, Sent, send_order
from pc_client.sending.watching import WatchedFolder
from pc_client.server.access import open_client
from pc_client.server.standing import need_enrolment
from pc_client.settings import FILE, PcSettings, SettingsError

log = logging.getLogger(__name__)

KEPT = 3
"""Exit code when something is kept: the server is away, and it is not sent yet."""
_SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says of every document."""

    groups: tuple[str, ...]
    destinations: tuple[str, ...]
    title: str | None
    copies: int
    sides: str | None
    bitmap: str | None

    def make_order(self, settings: PcSettings, name: str, key: str) -> Order:
        """The order of a document of that name."""
        name = make_readable(name)
        form = SubmissionForm(
            group=list(self.groups),
            destination=list(self.destinations),
            title=make_readable(self.title or name)[:255],
            copies=self.copies,
            sides=self.sides,  # type: ignore[arg-type]  # click has checked it
        )
        return Order(key=key, server=settings.server, name=name, form=form)


@click.command()
@home_option
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE…")
@click.option("--to", "groups", multiple=True, metavar="GROUP", help="A group, by name or file; any number.")
@click.option(
    "--to-destination",
    "--destination",
    "destinations",
    multiple=True,
    metavar="NAME",
    help="A destination, by name or address; any number.",
)
@click.option("--ask", is_flag=True, help="Open the dialog for each document.")
@click.option("--watch", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Send what comes here.")
@click.option("--scan", metavar="URI", help="Send what lies in a scanner: http://HOST/eSCL, sane:NAME, folder:PATH.")
@click.option("--duplex", is_flag=True, help="Scan both sides.")
@click.option("--title", metavar="TEXT", help="Default: the file's name.")
@click.option("--copies", type=click.IntRange(1, 999), default=1, show_default=True)
@click.option("--sides", type=click.Choice(_SIDES), help="Default: as the printer has it.")
@click.option("--bitmap", type=click.Choice(("black", "grey")), help="Send the pages of a PDF as pictures.")
def send(home: Path, files: tuple[Path, ...], ask: bool, watch: Path | None, **said: Any) -> None:
    """Send documents to groups and destinations.

    While the server is away they are kept, and sent by the next `pc-client send`, or by `pc-client printer run`: exit
    code 3.
    """
    scan, duplex = said.pop("scan"), said.pop("duplex")
    told = Told(**said)
    if bool(files) + bool(watch) + bool(scan) != 1:
        raise click.UsageError("name files, or --watch DIR, or --scan URI")
    if not ask and not told.groups and not told.destinations:
        raise click.UsageError("say to whom: --to GROUP or --to-destination NAME, or --ask")
    if watch and (ask or told.bitmap):
        raise click.UsageError("--watch sends as it is, without asking: leave --ask and --bitmap out")
    try:
        settings = FILE.load(home)
        need_enrolment(home, settings)
        if watch:
            return watch_folder(home, settings, watch, told)
        with tempfile.TemporaryDirectory(prefix="pc-send-") as folder:
            found = list(files) if not scan else [_scan(scan, Path(folder), duplex=duplex)]
            act = _ask_about if ask else _send_all
            sys.exit(act(home, settings, found, told))
    except (SettingsError, NoBitmap) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or home}: {error.strerror or error}") from error


@click.command()
@home_option
@click.option("--withdraw", metavar="KEY", help="Give one up.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def outbox(home: Path, withdraw: str | None, as_json: bool) -> None:
    """List what is kept on this PC and not sent yet, and why."""
    box = Outbox(home)
    if withdraw is not None:
        try:
            given_up = box.drop(check_key(withdraw))
        except BadKey as error:
            raise click.ClickException(str(error)) from error
        if not given_up:
            raise click.ClickException(f"{withdraw} does not wait: `pc-client outbox` lists what does")
        click.echo(f"{withdraw} is withdrawn")
        return
    rows = [_describe(box, order) for order in box.list_orders()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['key']}  {row['title']}  to {', '.join(row['to'])}  {row['words'] or 'not tried yet'}")
    if not rows:
        click.echo("nothing waits")


def _describe(box: Outbox, order: Order) -> dict[str, Any]:
    trouble = box.find_trouble(order.key)
    return {
        "key": order.key,
        "title": order.title,
        "to": [*order.form.group, *order.form.destination],
        "since": order.since,
        "reason": trouble.keyword if trouble else None,
        "words": trouble.words if trouble else "",
        "final": bool(trouble and trouble.final),
    }


def _scan(uri: str, folder: Path, *, duplex: bool) -> Path:
    from pc_client.sending.scanning import NotScanned, scan_into

    target = folder / "Scan.pdf"
    try:
        count = scan_into(uri, target, duplex=duplex)
    except NotScanned as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count} pages were scanned", err=True)
    return target


def _send_all(home: Path, settings: PcSettings, files: list[Path], told: Told) -> int:
    """The exit code. What is in the outbox from before goes along."""
    box, client = Outbox(home), open_client(settings, home)
    with tempfile.TemporaryDirectory(prefix="pc-bitmap-") as folder:
        # All of them first: of files of which one is no good none is sent.
        made = [_draw(path, Path(folder) / f"{number}.tif", told.bitmap) for number, path in enumerate(files)]
        new = [_keep(box, told.make_order(settings, path.name, make_key()), path, pages) for path, pages in made]
    codes = []
    for order in box.list_orders():
        if order.key not in new and _is_hopeless(box.find_trouble(order.key)):
            continue
        said = send_order(box, client, order)
        if isinstance(said, Trouble) and said.final and order.key in new:
            box.drop(order.key)  # whoever calls sees why, and has the file
        codes.append(_tell(order, said))
    return max(codes, default=0, key=(0, KEPT, 1).index)


def _is_hopeless(trouble: Trouble | None) -> bool:
    return trouble is not None and trouble.final


def _draw(path: Path, target: Path, bitmap: str | None) -> tuple[Path, Path | None]:
    """A file, and the file of its bitmap pages where those are to be sent."""
    if not bitmap:
        return path, None
    make_bitmap(path, target, bitmap)
    return path, target


def _keep(box: Outbox, order: Order, path: Path, pages: Path | None) -> str:
    """Keep a file, or its bitmap pages, as an order; its key."""
    if pages is None:
        box.put(order, path)
    else:
        box.put(order.model_copy(update={"name": f"{Path(order.name).stem}.tif"}), pages)
    return order.key


def _tell(order: Order, said: Sent | Trouble) -> int:
    if isinstance(said, Sent):
        click.echo(f"{order.title}: sent as job {said.job}")
        return 0
    if said.final:
        click.echo(f"{order.title}: not sent: {said.words}", err=True)
        return 1
    click.echo(f"{order.title}: kept, and sent when the server is back: {said.words}", err=True)
    return KEPT


def _ask_about(home: Path, settings: PcSettings, files: list[Path], told: Told) -> int:
    """Open the dialog for one document after the other; the exit code."""
    from pc_client.sending.program import run_desk

    decisions = []
    with run_desk(home, settings, click.echo) as desk:
        for path in files:
            folder = desk.drafts.make_folder()
            shutil.copyfile(path, folder / "document")
            name = make_readable(path.name)
            title = make_readable(told.title or name)[:255]
            wishes = Wishes(title=title, groups=told.groups, destinations=told.destinations)
            wishes = replace(wishes, copies=told.copies, sides=told.sides or "", bitmap=told.bitmap or "")
            draft = desk.drafts.open(folder, name, wishes)
            desk.show(draft)
            draft.decided.wait()
            decision = draft.decision or Decision("canceled")
            click.echo(f"{name}: {decision.state}" + (f" ({decision.words})" if decision.words else ""))
            decisions.append(decision.state)
            threading.Event().wait(1.0)  # the window gets its answer before its server goes
            desk.drafts.close(draft)
    return KEPT if "kept" in decisions else 0


def _say(words: str) -> None:
    """Where somebody still hears it: the terminal, or what reads the words, may end before this program."""
    try:
        click.echo(words)
    except OSError as error:
        log.warning("nobody hears any more what is said here: %s", error)


def watch_folder(home: Path, settings: PcSettings, folder: Path, told: Told) -> None:
    """Send what is laid into a folder, until ended (SIGTERM or Ctrl-C)."""
    box = Outbox(home)
    watched = WatchedFolder(folder, box, lambda path, key: told.make_order(settings, path.name, key), _say)

    def hear(order: Order, said: Sent | Trouble) -> None:
        if isinstance(said, Trouble) and said.final:
            watched.refuse(order, said.words)  # first: there may be nobody left to tell
        _tell(order, said)

    sender = Sender(box, open_client(settings, home), hear)
    with ended_by_signals() as ending:
        sender.start()
        click.echo(f"sending what comes into {folder}")
        try:
            watched.run(ending, sender.wake)
        finally:
            sender.end()
            sender.join(10)
