"""The inbox of a PC: what waits for it, and what it says of that (SPEC D14)."""

from __future__ import annotations

from flask import Response, send_file

from distserver.errors import NotFound, StoreUnavailable
from distserver.intake.api.messages import to_time
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.intake.api.stored import answer_file
from distserver.model.accounts import Role
from distserver.model.letters import LetterAct, LetterStanding
from distwire.api import inbox as wire

_PCS = roles(Role.DEVICE)


@operation("GET /api/v1/inbox", _PCS, Messages(query=wire.InboxQuery, answer=wire.Inbox), errors=(404,))
def list_letters(call: Call[wire.InboxQuery, None]) -> wire.Inbox:
    """List the documents that wait for this PC, the oldest first; with none, answer when one comes or `wait` is over.

    Few can wait at a time: whoever is answered before should ask again after `next_seconds`, which grow with the number
    of PCs. Asking tells that the PC is there.
    """
    found = call.services.letters.collect(call.actor, call.query.wait)
    return wire.Inbox(letters=[_to_letter(one) for one in found.letters], next_seconds=found.pause)


@operation(
    "GET /api/v1/inbox/<letter>/document",
    _PCS,
    Messages(media="application/octet-stream", ranges=True),
    errors=(404, 409, 503),
)
def take_letter(call: Call[None, None], letter: str) -> Response:
    """Take the document of a letter, or a part of it by `Range: bytes=N-M`; its SHA-256 is the entity tag."""
    found = call.services.letters.find(call.actor, letter)
    path = call.services.letters.locate(found, call.services.clock())
    try:
        file = path.open("rb")
    except OSError as error:
        raise StoreUnavailable(f"the document is not to be had on this machine just now: {error.strerror}") from error
    return answer_file(file, found.letter.digest)


@operation("GET /api/v1/inbox/<letter>/first-page", _PCS, Messages(media="image/png"), errors=(404, 409, 422))
def show_first_page(call: Call[None, None], letter: str) -> Response:
    """Get a small picture of page 1 of a letter, before or instead of its document."""
    documents = call.services.letters.find_documents(call.actor, letter)
    if not documents:
        raise NotFound("the documents of this letter are not stored any more")
    return send_file(call.services.thumbnail(documents).absolute(), "image/png", etag=f"{documents[0].digest}-page-1")


@operation(
    "PUT /api/v1/inbox/<letter>/stored",
    _PCS,
    Messages(body=wire.Stored, answer=wire.StoredAnswer),
    errors=(400, 404, 409),
)
def store_letter(call: Call[None, wire.Stored], letter: str) -> wire.StoredAnswer:
    """Say that the document is on the PC's disk for good, with its SHA-256. Said again, it is answered alike.

    Only with this answer the letter is the PC's. 404 and 409: it is not, and what the PC has of it is to be dropped.
    """
    found = call.services.letters.store(call.actor, letter, call.body.sha256, call.services.clock())
    return wire.StoredAnswer(id=letter, stored=to_time(found.stored or 0.0))


@operation("PUT /api/v1/inbox/<letter>/trouble", _PCS, Messages(body=wire.LetterTrouble, status=204), errors=(404, 409))
def report_trouble(call: Call[None, wire.LetterTrouble], letter: str) -> Response:
    """Say why the PC cannot take a letter now; the board shows it, and the letter is offered again later."""
    call.services.letters.report_trouble(call.actor, letter, call.body.words)
    return Response(status=204)


@operation("POST /api/v1/inbox/<letter>/acts", _PCS, Messages(body=wire.Act, status=204), errors=(404, 409))
def note_act(call: Call[None, wire.Act], letter: str) -> Response:
    """Say that a stored letter was read, or printed; the first time stands on its receipt."""
    act = LetterAct(call.body.act)
    call.services.letters.note(call.actor, letter, act, call.body.printer, call.services.clock())
    return Response(status=204)


def _to_letter(standing: LetterStanding) -> wire.Letter:
    one = standing.letter
    return wire.Letter.model_validate(
        {
            "id": one.name,
            "title": one.title,
            "sender": one.sender,
            "pages": one.pages,
            "copies": one.copies,
            "format": one.format,
            "size": one.size,
            "sha256": one.digest,
            "sent": to_time(one.created),
        }
    )


OPERATIONS = (list_letters, take_letter, show_first_page, store_letter, report_trouble, note_act)
