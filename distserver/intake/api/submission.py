"""Submitting a job: one streaming multipart request (SPEC D4)."""

from __future__ import annotations

import re
from contextlib import ExitStack

from flask import Response, request

from distserver.accounts.access import SENDERS
from distserver.errors import BadRequest, DocumentRefused
from distserver.intake.api import messages
from distserver.intake.api.multipart import Form, FormReader
from distserver.intake.api.operations import MULTIPART, Call, Messages, operation, roles
from distserver.intake.api.validation import InvalidFields, read_fields
from distserver.model.documents import ColorMode, Document, Orientation, PrintOptions, Scaling, Sides
from distserver.model.jobs import Submission
from distserver.model.pages import PageRanges, parse_page_ranges
from distserver.model.states import Priority
from distserver.plan.media import COMMON_NAMES, expand_media_name, parse_media_size
from distserver.services import Services
from distwire.api import jobs as wire
from distwire.api.form import FILE_FIELD
from distwire.api.problem import FieldError

KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@operation(
    "POST /api/v1/jobs",
    roles(*SENDERS),
    Messages(
        body=wire.SubmissionForm,
        body_type=MULTIPART,
        answer=wire.Job,
        status=201,
        headers=((KEY_HEADER, "The same key again, from the same sender, answers the first job instead of a second."),),
    ),
    errors=(400, 404, 409, 413, 415),
)
def submit_job(call: Call[None, None]) -> Response:
    """Submit a job: when this answers 201, the job is stored and will be carried out."""
    key = _read_key(request.headers.get(KEY_HEADER))
    services = call.services
    meter = services.jobs.meter(call.actor, idempotency_key=key)
    limit = services.settings.max_document_mb << 20
    with ExitStack() as stack:
        reader = FormReader(services.spool, stack, limit=limit, file_field=FILE_FIELD, meter=meter)
        form = reader.read(request.stream, request.headers.get("Content-Type", ""))
        asked = read_fields(wire.SubmissionForm, form.fields)
        documents = admit_all(services, form)
        submission = _to_submission(asked, form, documents, key)
        job = services.jobs.submit(submission, call.actor, [upload for upload, _ in form.uploads])
    response = Response(messages.to_job(job).model_dump_json(), status=201, content_type="application/json")
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return response


def admit_all(services: Services, form: Form) -> tuple[Document, ...]:
    """Look into every document. Raises `DocumentRefused`; of several, it names the one."""
    documents = []
    for upload, name in form.uploads:
        try:
            documents.append(services.admit(upload, name))
        except DocumentRefused as error:
            if len(form.uploads) == 1:
                raise
            raise DocumentRefused(f"'{name}': {error}", error.reason) from error
    return tuple(documents)


def _read_media(text: str | None) -> str | None:
    """The self-describing name of a paper. Raises `InvalidFields` on what is none."""
    if text is None:
        return None
    name = expand_media_name(text)
    if parse_media_size(name) is None:
        known = " ".join(name.upper() if len(name) < 3 else name for name in COMMON_NAMES)
        message = f"'{text}' is no paper: write one of {known}, or a PWG 5101.1 name such as iso_a4_210x297mm"
        raise InvalidFields([FieldError(field="media", message=message)])
    return name


def _read_page_ranges(text: str | None) -> PageRanges:
    """Raises `InvalidFields` on what is no choice of pages."""
    try:
        return parse_page_ranges(text or "")
    except ValueError as error:
        raise InvalidFields([FieldError(field="page_ranges", message=str(error))]) from error


def _read_key(text: str | None) -> str | None:
    if text is not None and not _KEY.fullmatch(text):
        raise BadRequest(f"{KEY_HEADER} has between 1 and 200 printable ASCII characters, without spaces")
    return text


def _to_submission(
    asked: wire.SubmissionForm, form: Form, documents: tuple[Document, ...], key: str | None
) -> Submission:
    title = (asked.title or "").strip() or (form.uploads[0][1] if form.uploads else "")
    return Submission(
        title=title[:255],
        documents=documents,
        groups=tuple(dict.fromkeys(asked.group)),
        destinations=tuple(dict.fromkeys(asked.destination)),
        options=PrintOptions(
            copies=asked.copies,
            sides=Sides(asked.sides) if asked.sides else None,
            media=_read_media(asked.media),
            color=ColorMode(asked.color),
            page_ranges=_read_page_ranges(asked.page_ranges),
            number_up=asked.number_up,
            orientation=Orientation.of_word(asked.orientation) if asked.orientation else None,
            scaling=Scaling(asked.scaling),
        ),
        priority=Priority(asked.priority),
        not_before=asked.not_before.timestamp() if asked.not_before else None,
        deadline=asked.deadline.timestamp() if asked.deadline else None,
        keep=asked.keep,
        hold=asked.hold,
        idempotency_key=key,
    )


OPERATIONS = (submit_job,)
