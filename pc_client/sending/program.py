"""A program that asks and sends: the dialogs' web server on loopback, their windows, and the sender."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pc_client.desktop.notice import notify_desktop
from pc_client.desktop.windows import has_desktop, open_window
from pc_client.sending.desk import SendingDesk
from pc_client.sending.draft import Draft, Drafts
from pc_client.sending.order import Order
from pc_client.sending.outbox import Outbox, Trouble
from pc_client.sending.sender import Sender, Sent
from pc_client.server.access import open_client
from pc_client.server.keywords import AWAY
from pc_client.settings import PcSettings

SIZE = (940, 680)


@contextlib.contextmanager
def run_desk(home: Path, settings: PcSettings, say: Callable[[str], None]) -> Iterator[SendingDesk]:
    """Dialogs can be opened while this runs, and what waits is sent. `say` is told what people should know."""
    outbox = Outbox(home)
    desk = SendingDesk(home, settings, open_client(settings, home), outbox, Drafts(home))
    desk.drafts.forget_old(time.time())
    sender = Sender(outbox, open_client(settings, home), lambda order, said: _tell(order, said, say))
    desk.wake = sender.wake
    with _serve(desk) as address:
        desk.show = lambda draft: _show(desk, address, draft, say)
        sender.start()
        try:
            yield desk
        finally:
            sender.end()


def _show(desk: SendingDesk, address: str, draft: Draft, say: Callable[[str], None]) -> None:
    page = f"{address}#draft={draft.key}&key={desk.keys.make()}"
    if desk.settings.browser or has_desktop():
        open_window(page, SIZE, desk.settings.browser, desk.home / "window-sending")
    else:
        say(page)


def _tell(order: Order, said: Sent | Trouble, say: Callable[[str], None]) -> None:
    """What becomes of what was kept."""
    if isinstance(said, Sent):
        text = f"{order.title}: sent as job {said.job}"
    elif said.keyword == AWAY:
        text = f"{order.title}: kept, and sent when the server is back ({said.words})"
    else:
        text = f"{order.title}: not sent: {said.words}"
    say(text)
    notify_desktop("Sending", text)


@contextlib.contextmanager
def _serve(desk: SendingDesk) -> Iterator[str]:
    """The dialogs' web server; its address."""
    from waitress import create_server

    from pc_client.desktop.screen import HOST
    from pc_client.sending.screen.app import make_app

    server = create_server(make_app(desk), host=HOST, port=0, threads=6, ident=None)
    thread = threading.Thread(target=server.run, name="dialogs", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.effective_port}/"
    finally:
        server.close()
