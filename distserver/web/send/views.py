"""Send a document: choose files, to whom, and how (SPEC D4, D6)."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import SENDERS, access
from distserver.errors import BadRequest, DocumentRefused, UserError
from distserver.intake.api.multipart import Form, FormReader
from distserver.jobs.quota_words import describe_left
from distserver.jobs.quotas import Meter
from distserver.model.documents import Document
from distserver.model.jobs import Actor, JobView, Submission
from distserver.services import Services
from distserver.store.spool import Upload
from distserver.web.context import get_actor, get_services, wants_json
from distserver.web.formats import show_count, show_format, show_size
from distserver.web.guard import check_csrf, checks_csrf_itself
from distserver.web.send import pages
from distserver.web.send.forms import SendForm, read_send_form
from distserver.web.send.stored import read_mark, store_document
from distserver.web.shell import capitalise

blueprint = Blueprint("send", __name__, template_folder="templates")

FILE_FIELD = "document"


@blueprint.get("/send")
@access(*SENDERS)
def show() -> ResponseReturnValue:
    """The form; `?group=FILE` ticks a group."""
    page = pages.make_page(get_services().groups.snapshot(), request.args.getlist("group"))
    return render_template("send/send.html", page=page, wrong="", left=_say_left())


@blueprint.post("/send")
@access(*SENDERS)
@checks_csrf_itself
def submit() -> ResponseReturnValue:
    """Accept the job and show it, or show the form again with what was wrong; a script is answered in JSON."""
    by, services = get_actor(), get_services()
    with ExitStack() as stack:
        form = _read_form(services, stack)
        try:
            job = _submit(services, by, form)
        except UserError as error:
            if wants_json():
                raise
            page = pages.make_page(services.groups.snapshot(), form.fields.get("group", ()), form.fields)
            wrong = capitalise(str(error))
            return render_template("send/send.html", page=page, wrong=wrong, left=_say_left()), 422
    where = url_for("jobs.show", job_id=job.id)
    return (jsonify(url=where), 201) if wants_json() else redirect(where, 303)


@blueprint.post("/send/files")
@access(*SENDERS)
@checks_csrf_itself
def store_files() -> ResponseReturnValue:
    """Take files ahead of their job; each is answered for by itself."""
    by, services = get_actor(), get_services()
    with ExitStack() as stack:
        form = _read_form(services, stack, services.jobs.meter(by))
        if not form.uploads:
            raise BadRequest("no file came with this request: add a file")
        answers = [_store_file(services, upload, name, by) for upload, name in form.uploads]
    return jsonify(files=answers)


@blueprint.get("/send/destinations")
@access(*SENDERS)
def list_singles() -> ResponseReturnValue:
    """Destinations that match a search, as rows with check boxes."""
    found, count = pages.find_singles(get_services().groups.snapshot(), request.args.get("q", "")[:200])
    return render_template("send/singles.html", singles=found, count=count)


@blueprint.post("/send/count")
@access(*SENDERS)
def count() -> ResponseReturnValue:
    """How many destinations a choice reaches, each once."""
    chosen = request.form
    reached = pages.count_reached(
        get_services().groups.snapshot(), chosen.getlist("group"), chosen.getlist("destination")
    )
    return jsonify(destinations=reached)


def _say_left() -> list[str]:
    """What is left of the person's quota, a line for each limit."""
    return [describe_left(one) for one in get_services().jobs.quotas.list_allowances(get_actor())]


def _read_form(services: Services, stack: ExitStack, meter: Meter = lambda octets: None) -> Form:
    """The body, its files in the spool. The token may come ahead in a header: then nothing is read without it."""
    header = request.headers.get("X-CSRFToken")
    if header is not None:
        check_csrf(header)
    limit = services.settings.max_document_mb << 20
    reader = FormReader(services.spool, stack, limit=limit, file_field=FILE_FIELD, meter=meter)
    form = reader.read(request.stream, request.headers.get("Content-Type", ""))
    if header is None:
        check_csrf(next(iter(form.fields.get("csrf_token", ())), None))
    return form


def _submit(services: Services, by: Actor, form: Form) -> JobView:
    asked = read_send_form(form.fields)
    documents = [read_mark(mark, by) for mark in asked.stored]
    for upload, name in form.uploads:
        try:
            documents.append(services.admit(upload, name))
        except DocumentRefused as error:
            raise DocumentRefused(f"'{name}': {error}", error.reason) from error
    submission = _to_submission(services, asked, tuple(documents))
    return services.jobs.submit(submission, by, [upload for upload, _ in form.uploads])


def _to_submission(services: Services, asked: SendForm, documents: tuple[Document, ...]) -> Submission:
    snapshot = services.groups.snapshot()
    return Submission(
        title=asked.title or (documents[0].name if documents else ""),
        documents=documents,
        groups=tuple(pages.readable_group(snapshot, file) for file in asked.groups),
        destinations=tuple(pages.readable_destination(snapshot, text) for text in asked.destinations),
        options=asked.options,
        priority=asked.priority,
        not_before=asked.not_before,
        deadline=asked.deadline,
        keep=asked.keep,
        hold=asked.hold,
        idempotency_key=f"board-{asked.key}" if asked.key else None,
    )


def _store_file(services: Services, upload: Upload, name: str, by: Actor) -> dict[str, object]:
    try:
        document, mark = store_document(services, upload, name, by)
    except UserError as error:
        return {"name": name, "refused": capitalise(str(error))}
    about = f"{show_format(document.format)}, {show_count(document.pages, 'page')}, {show_size(document.size)}"
    return {"name": name, "stored": mark, "pages": document.pages, "about": about}
