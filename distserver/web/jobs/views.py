"""Jobs newest first; one job with a row for each destination, changing live; what may be done with it (SPEC N6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, jsonify, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import PEOPLE, SENDERS, access
from distserver.errors import DistserverError
from distserver.jobs.query import OVERLAP_SECONDS
from distserver.model.jobs import Actor, JobView
from distserver.report import export
from distserver.web.context import get_actor, get_services
from distserver.web.jobs import pages
from distserver.web.jobs.forms import read_choice, read_numbers
from distserver.web.live import BUSY_MS, CALM_MS, LiveRow, News, answer_news, answer_whole
from distserver.web.shell import answer_operation

blueprint = Blueprint("jobs", __name__, template_folder="templates")

JOBS_PER_PAGE = 20


@blueprint.get("/jobs")
@access(*PEOPLE)
def show_all() -> ResponseReturnValue:
    """The list."""
    items, more = _list_items()
    return render_template("jobs/list.html", items=items, more=more, before=request.args.get("before"))


@blueprint.get("/jobs/live")
@access(*PEOPLE)
def follow_all() -> ResponseReturnValue:
    """News of the list."""
    items, _ = _list_items()
    rows = [LiveRow(item.job.id, render_template("jobs/item.html", item=item)) for item in items]
    busy = any(not item.job.state.ended for item in items)
    return answer_whole({}, rows, 2 * BUSY_MS if busy else CALM_MS)


@blueprint.get("/jobs/<job_id>")
@access(*PEOPLE)
def show(job_id: str) -> ResponseReturnValue:
    """One job."""
    by, now = get_actor(), get_services().clock()
    job = get_services().query.get(job_id, by)
    found = pages.load_rows(get_services().query, job, by, read_choice(request.args))
    return render_template("jobs/job.html", **_summary(job, by), found=found, cursor=f"{now:.3f}")


@blueprint.get("/jobs/<job_id>/live")
@access(*PEOPLE)
def follow(job_id: str) -> ResponseReturnValue:
    """News of one job: its summary, and the rows of this page that have changed since the last question."""
    by, now = get_actor(), get_services().clock()
    job = get_services().query.get(job_id, by)
    summary = _summary(job, by)
    parts = {name: render_template(f"jobs/{name}.html", **summary) for name in ("summary", "operations", "tabs")}
    rows = _changed_rows(job, by)
    # A job may be retried after its end: the page keeps an eye on it.
    pause = 2 * CALM_MS if job.state.ended else BUSY_MS
    return answer_news(News(f"{now:.3f}", parts, rows, next_ms=pause, say=pages.say_sum(job, _make_item(job).stuck)))


@blueprint.get("/jobs/<job_id>/deliveries/<int:number>")
@access(*PEOPLE)
def show_delivery(job_id: str, number: int) -> ResponseReturnValue:
    """One delivery and its attempts."""
    by = get_actor()
    job = get_services().query.get(job_id, by)
    delivery, attempts = get_services().query.delivery(job_id, number, by)
    row = pages.make_row(delivery, job, pages.may_change(by))
    return render_template(
        "jobs/delivery.html", item=_make_item(job), row=row, attempts=pages.explain_attempts(attempts)
    )


@blueprint.get("/jobs/<job_id>/thumbnail")
@access(*PEOPLE)
def show_thumbnail(job_id: str) -> ResponseReturnValue:
    """Page 1 as a picture, or a blank sheet when there is none to be had any more."""
    job = get_services().query.get(job_id, get_actor())
    try:
        path: Path = get_services().thumbnail(job.documents)
        response = send_file(path.absolute(), mimetype="image/png", max_age=86_400)
    except (DistserverError, OSError):
        blank = render_template("jobs/blank.svg", erased=job.document_erased)
        return Response(blank, mimetype="image/svg+xml")
    response.cache_control.private = True
    return response


@blueprint.get("/jobs/<job_id>/receipts")
@access(*PEOPLE)
def show_receipts(job_id: str) -> ResponseReturnValue:
    """Every receipt of the job on one page, to be printed."""
    by = get_actor()
    job = get_services().query.get(job_id, by)
    rows = [pages.make_row(one, job, False) for one in pages.read_all(get_services().query, job_id, by)]
    return render_template("jobs/receipts.html", item=_make_item(job), rows=rows, now=get_services().clock())


@blueprint.get("/jobs/<job_id>/receipts.csv")
@access(*PEOPLE)
def export_csv(job_id: str) -> ResponseReturnValue:
    """The receipts as a table."""
    by = get_actor()
    job = get_services().query.get(job_id, by)
    lines = export.receipts_csv(pages.read_all(get_services().query, job_id, by), job)
    return _download("".join(lines), "text/csv; charset=utf-8", f"{job.id}.csv")


@blueprint.get("/jobs/<job_id>/receipts.json")
@access(*PEOPLE)
def export_json(job_id: str) -> ResponseReturnValue:
    """The job and its receipts for programs."""
    by = get_actor()
    job = get_services().query.get(job_id, by)
    response = jsonify(export.receipts_table(job, pages.read_all(get_services().query, job_id, by)))
    response.headers["Content-Disposition"] = f'attachment; filename="{job.id}.json"'
    return response


@blueprint.post("/jobs/<job_id>/cancel")
@access(*SENDERS)
def cancel(job_id: str) -> ResponseReturnValue:
    """Cancel the deliveries numbered, or all that have not ended."""
    return _operate(job_id, lambda by: get_services().jobs.cancel(job_id, by, read_numbers(request.form)).message)


@blueprint.post("/jobs/<job_id>/retry")
@access(*SENDERS)
def retry(job_id: str) -> ResponseReturnValue:
    """Send again the deliveries numbered, or all that failed."""
    return _operate(job_id, lambda by: get_services().jobs.retry(job_id, by, read_numbers(request.form)).message)


@blueprint.post("/jobs/<job_id>/hold")
@access(*SENDERS)
def hold(job_id: str) -> ResponseReturnValue:
    """Start no further delivery."""
    return _operate(job_id, lambda by: get_services().jobs.hold(job_id, by).message)


@blueprint.post("/jobs/<job_id>/release")
@access(*SENDERS)
def release(job_id: str) -> ResponseReturnValue:
    """Let a held job go on."""
    return _operate(job_id, lambda by: get_services().jobs.release(job_id, by).message)


def _operate(job_id: str, operation: Callable[[Actor], str]) -> ResponseReturnValue:
    by = get_actor()
    return answer_operation(lambda: operation(by), url_for("jobs.show", job_id=job_id))


def _list_items() -> tuple[list[pages.JobItem], str | None]:
    """The jobs of one page, and the id to go on before (None: there are no more)."""
    found = get_services().query.list(get_actor(), limit=JOBS_PER_PAGE + 1, before=request.args.get("before"))
    shown = found[:JOBS_PER_PAGE]
    return pages.make_items(get_services().query, shown, get_services().groups.snapshot()), shown[-1].id if len(
        found
    ) > len(shown) else None


def _make_item(job: JobView) -> pages.JobItem:
    return pages.make_items(get_services().query, [job], get_services().groups.snapshot())[0]


def _summary(job: JobView, by: Actor) -> dict[str, object]:
    item = _make_item(job)
    return {
        "item": item,
        "job": job,
        "failure": pages.explain_failure(get_services().query, job, by),
        "choice": read_choice(request.args),
        "tabs": pages.list_tabs(job, item.stuck),
        "changeable": pages.may_change(by),
    }


def _changed_rows(job: JobView, by: Actor) -> list[LiveRow]:
    choice, changeable = read_choice(request.args), pages.may_change(by)
    since = request.args.get("since", 0.0, type=float) - OVERLAP_SECONDS
    first, last = request.args.get("first", 1, type=int), request.args.get("last", 0, type=int)
    limit = last - first + 1 if last else 10 * pages.ROWS_PER_PAGE
    found = get_services().query.deliveries(job.id, by, changed_since=since, after=first - 1, limit=max(1, limit))
    rows = []
    for delivery in found:
        row = pages.make_row(delivery, job, changeable)
        belongs = choice.matches(delivery) and not (last and delivery.number > last)
        html = render_template("jobs/row.html", row=row, job=job) if belongs else None
        rows.append(LiveRow(row.key, html))
    return rows


def _download(body: str, mimetype: str, name: str) -> Response:
    response = Response(body, content_type=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
