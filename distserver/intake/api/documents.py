"""The documents of a job, for whoever may see the job."""

from __future__ import annotations

from flask import Response, send_file

from distserver.accounts.access import EVERYONE
from distserver.errors import NotFound
from distserver.intake.api.jobs import check_job_id
from distserver.intake.api.operations import Call, Messages, operation, roles
from distserver.model.jobs import JobView


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


_ERASED = "the documents of this job have been erased: they are kept until all deliveries have ended, unless asked"


def _find_stored(call: Call[None, None], job: str) -> JobView:
    view = call.services.query.get(check_job_id(job), call.actor)
    if view.document_erased:
        raise NotFound(_ERASED)
    return view


OPERATIONS = (get_document, get_thumbnail)
