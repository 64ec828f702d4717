"""Files sent up ahead of their job: stored in the spool, and known again by a signed mark that the page carries.

Nothing is remembered here: a mark names the document and the person, and lasts as long as the spool keeps a document
that no job knows (an hour, see `jobs.upkeep`).
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import TypeAdapter

from distserver.errors import BadRequest, Conflict
from distserver.model.documents import Document
from distserver.model.jobs import Actor
from distserver.services import Services
from distserver.store.spool import Upload

_SECONDS = 3600
_DOCUMENT = TypeAdapter(Document)


def store_document(services: Services, upload: Upload, name: str, by: Actor) -> tuple[Document, str]:
    """Look into an upload and keep it; the document and its mark. Raises `DocumentRefused` and `LaterError`."""
    document = services.admit(upload, name)
    with services.spool.guard(shared=True):
        upload.keep()
    return document, _serializer().dumps([by.name, _DOCUMENT.dump_python(document, mode="json")])


def read_mark(mark: str, by: Actor) -> Document:
    """The document of a mark made for this person. Raises `BadRequest` and `Conflict`."""
    try:
        owner, values = _serializer().loads(mark, max_age=_SECONDS)
        document = _DOCUMENT.validate_python(values)
    except BadData as error:
        raise Conflict("a file was added too long ago: add it again, then send") from error
    if owner != by.name:
        raise BadRequest("a file was added by somebody else: add it again, then send")
    return document


def _serializer() -> Any:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="distserver-stored-document")
