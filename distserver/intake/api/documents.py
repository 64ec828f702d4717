"""The documents of a job, for whoever may see the job; by their digest, for workers that share no disk with us."""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Response, send_file

from distserver.accounts.access import EVERYONE
from distserver.errors import BadRequest, NotFound, StoreUnavailable
from distserver.intake.api.jobs import check_job_id
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.intake.api.problems import make_problem
from distserver.intake.api.stored import answer_file
from distserver.model.accounts import Role
from distserver.model.jobs import JobView
from distserver.model.states import Reason

_DIGEST = re.compile(r"[0-9a-f]{64}")


@operation(
    "GET /api/v1/jobs/<job>/documents/<int:number>",
    roles(*EVERYONE),
    Messages(media="application/octet-stream"),
    errors=(404,),
)
def get_document(call: Call[None, None], job: str, number: int) -> Response:
    """Get a document of a job as it was sent in; `number` counts from 1."""
    view = _find_stored(call, job)
    if not 1 <= number <= len(view.documents):
        raise NotFound(f"job {job} has no document {number}")
    document = view.documents[number - 1]
    path = call.services.spool.document_path(document.digest)
    try:
        return send_file(
            path.absolute(), document.format, as_attachment=True, download_name=document.name, etag=document.digest
        )
    except FileNotFoundError as error:
        raise NotFound(_ERASED) from error


@operation("GET /api/v1/jobs/<job>/thumbnail", roles(*EVERYONE), Messages(media="image/png"), errors=(404, 422))
def get_thumbnail(call: Call[None, None], job: str) -> Response:
    """Get a picture of page 1 of a job."""
    view = _find_stored(call, job)
    path = call.services.thumbnail(view.documents)
    return send_file(path.absolute(), "image/png", etag=f"{view.documents[0].digest}-thumbnail")


@operation(
    "GET /api/v1/spool/documents/<digest>",
    roles(Role.ADMINISTRATOR, Role.WORKER),
    Messages(media="application/octet-stream", ranges=True),
    errors=(400, 404),
)
def fetch_document(call: Call[None, None], digest: str) -> Response:
    """Fetch a stored document by its SHA-256, as workers do that share no disk with the web server.

    The digest is the entity tag too. A transfer that broke off goes on with `Range: bytes=N-`.
    """
    if not _DIGEST.fullmatch(digest):
        raise BadRequest("a document is told by its SHA-256: 64 hexadecimal digits in lower case")
    try:
        file = call.services.spool.document_path(digest).open("rb")
    except FileNotFoundError:
        # The reason tells a worker that the document is gone, and not that there is nothing at this address.
        return make_problem(HTTPStatus.NOT_FOUND, _GONE, reason=Reason.DOCUMENT_MISSING.value)
    except OSError as error:
        raise StoreUnavailable(f"the document cannot be read: {error.strerror}") from error
    return answer_file(file, digest)


_GONE = "this document is not stored here: it was erased when its deliveries had ended, or another server has it"
_ERASED = "the documents of this job have been erased: they are kept until all deliveries have ended, unless asked"


def _find_stored(call: Call[None, None], job: str) -> JobView:
    view = call.services.query.get(check_job_id(job), call.actor)
    if view.document_erased:
        raise NotFound(_ERASED)
    return view


OPERATIONS = (get_document, get_thumbnail, fetch_document)
