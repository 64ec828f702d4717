"""A document to groups and destinations (SPEC D5 to D8): scanned for it, or stored before; kept afterwards, or not.

scan → review → closed, and its orders wait (one change) → the sender sends → the job is followed to its end
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mfp_client.memory.errors import NotYours, say_id
from mfp_client.memory.growing import OpenDocument
from mfp_client.memory.outbox import Outbox
from mfp_client.memory.records import SendOrder, StoredDocument
from mfp_client.works.drafting import draft_of, open_document
from mfp_client.works.errand import Errand
from mfp_client.works.faults import BeingSent, Stopped, WorksFault, WrongWish, explain
from mfp_client.works.following import follow_jobs
from mfp_client.works.naming import name_job
from mfp_client.works.orders import make_order
from mfp_client.works.pictures import list_pages
from mfp_client.works.progress import Trouble
from mfp_client.works.sheets import try_sheet
from mfp_client.works.wishes import Wishes, check_wishes

_LOOK_SECONDS = 0.2


def distribute_document(errand: Errand) -> None:
    """Scan, then send (§2.1 of the source). Raises what `explain` explains, `Stopped`."""
    _check_server(errand)
    with open_document(errand) as document:
        wishes = _await_start(errand)
        stored, keys = _close(errand, document, wishes)
    errand.watched = frozenset(keys)
    errand.board.show(documents=(stored,))
    errand.sender.wake()
    if wishes.keep and wishes.sheet:
        try_sheet(errand, stored)
    see_through(errand, keys)


def distribute_file(errand: Errand) -> None:
    """Send what is stored (§2.2 of the source). Raises as `distribute_document`."""
    _check_server(errand)
    documents = errand.find_documents()
    errand.board.show(pages=list_pages(errand.memory, documents[0]))
    wishes = _await_start(errand)
    _check_keep(errand, wishes)
    see_through(errand, [_add_order(errand, one, wishes) for one in documents])


def _check_keep(errand: Errand, wishes: Wishes) -> None:
    """Raises `NotYours` where a document is to go after it was sent and may not."""
    others = [one for one in errand.task.documents if wishes.keep is False and not one.may_change(errand.asker)]
    if others:
        raise NotYours(f"document {say_id(others[0].id)} has an owner: only {others[0].draft.owner} may have it erased")


def _check_server(errand: Errand) -> None:
    if not errand.tools.link.url:
        raise WorksFault("no-server", "no distribution server is set for this device")


def _await_start(errand: Errand) -> Wishes:
    """The wishes that are complete: at once, or when somebody presses start."""
    kind, wishes = errand.task.kind, errand.wishes
    return _await_change(errand) if wishes.review else check_wishes(kind, wishes)


def _close(errand: Errand, document: OpenDocument, wishes: Wishes) -> tuple[StoredDocument, list[str]]:
    """The document is complete, and waits to be sent from the same instant on."""
    errand.enter("sending")
    draft = draft_of(errand, document)
    document.describe(draft)
    person = errand.task.person
    title = name_job(draft.title, errand.task.documents[0].made, errand.tools.settings)
    order = make_order(errand.tools.link.url, person, wishes, title, keep=bool(wishes.keep))
    stored = document.close([order])
    return stored, list(document.keys)


def _add_order(errand: Errand, document: StoredDocument, wishes: Wishes) -> str:
    title = name_job(wishes.title or document.draft.title, document.made, errand.tools.settings)
    keep = wishes.keep is None or wishes.keep
    order = make_order(errand.tools.link.url, errand.task.person, wishes, title, keep=keep)
    return Outbox(errand.memory).add(document.id, errand.asker, order).key


def see_through(errand: Errand, keys: Sequence[str]) -> None:
    """Until the server has accepted all orders, and all deliveries have ended. Raises `Stopped`: the sender goes on."""
    keys = list(keys)
    errand.watched = frozenset(keys)
    errand.enter("sending")
    errand.sender.wake()
    while missing := [key for key in keys if errand.sender.find_sent(key) is None]:
        if any(errand.sender.is_withdrawn(key) for key in missing):
            raise _withdrawn()
        hindrances = [one for one in map(errand.sender.find_hindrance, missing) if one is not None]
        final = next((one for one in hindrances if one.final), None)
        if final is not None:
            errand.board.show(error=Trouble(final.keyword, final.words, final.facts), refused=True)
            keys = _order_anew(errand, keys)
            errand.watched = frozenset(keys)
        elif hindrances:
            trouble = Trouble(hindrances[0].keyword, hindrances[0].words)
            errand.board.show(step="waiting", words=trouble.words, error=trouble)
        else:
            errand.board.show(step="sending", words="", error=errand.lasting)
        errand.check()
        errand.sender.await_change(missing, 1.0)
        errand.check()
    errand.board.show(progress=None)
    follow_jobs(errand, [one.job for one in map(errand.sender.find_sent, keys) if one is not None])


def _order_anew(errand: Errand, keys: Sequence[str]) -> list[str]:
    """The server has refused: wait until somebody changes the wishes, and let those wait in the place of the old ones.
    Raises `Stopped`; the orders stay as they are then, unless they are to go."""
    try:
        wishes = _await_change(errand)
    except Stopped:
        if errand.drops:
            _give_up(errand, keys)
        raise
    errand.board.show(refused=False)
    errand.enter("sending")
    settings = errand.tools.settings
    titles = {one.id: name_job(one.draft.title, one.made, settings) for one in errand.task.documents}
    made = []
    for key in keys:
        if errand.sender.find_sent(key) is not None:
            made.append(key)
            continue
        waiting = errand.sender.find_waiting(key)
        new = None
        if waiting is not None:
            keep = not waiting.order.erase_after if wishes.keep is None else wishes.keep
            title = wishes.title or titles.get(waiting.id, "")
            order = make_order(errand.tools.link.url, errand.task.person, wishes, title, keep=keep)
            new = _replace(errand, key, order)
        if new is not None or not errand.sender.is_withdrawn(key):  # the old one was accepted this instant
            made.append(new or key)
    if not made:
        raise _withdrawn()
    errand.sender.wake()
    return made


def _give_up(errand: Errand, keys: Sequence[str]) -> None:
    """Withdraw what was not accepted. What was laid in to be sent, and for nothing else, goes with its order."""
    for key in keys:
        waiting = errand.sender.find_waiting(key)
        if waiting is None:
            continue
        with contextlib.suppress(BeingSent, NotYours):
            errand.sender.withdraw(key, errand.asker)
            if waiting.order.erase_after and errand.task.kind in ("distribute-document", "fax"):
                errand.memory.erase(waiting.id, errand.asker)


def _replace(errand: Errand, key: str, order: SendOrder) -> str | None:
    """The key of the order that waits now; None when the old one is done or withdrawn. One that is on its way is waited
    for. Raises `Stopped`."""
    while True:
        try:
            return errand.sender.replace(key, order)
        except BeingSent:
            errand.pause(_LOOK_SECONDS)


def _withdrawn() -> WorksFault:
    return WorksFault("order-withdrawn", "the order was withdrawn: the document was not sent, and is still here")


def _await_change(errand: Errand) -> Wishes:
    """Wishes that are complete and allowed, when somebody presses start again."""
    while True:
        wishes = errand.await_start()
        try:
            _check_keep(errand, wishes)
            return check_wishes(errand.task.kind, wishes)
        except (WrongWish, NotYours) as error:
            errand.board.show(error=Trouble(*explain(error)))
