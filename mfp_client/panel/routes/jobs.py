"""Destinations to choose from, what was sent from here, and what waits to be sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from distwire.api.base import Request
from distwire.api.groups import GroupSummary
from distwire.api.jobs import Name, Selection
from mfp_client.panel.answers import read_body
from mfp_client.panel.routes.context import get_desk, need_person
from mfp_client.server.kept import Kept
from mfp_client.works.telephone import read_fax_address

blueprint = Blueprint("jobs", __name__, url_prefix="/api")


class Chosen(Request):
    """Groups by file, destinations by address, `to` as somebody types numbers of faxes."""

    groups: list[Name] = Field(default_factory=list, max_length=10_000)
    destinations: list[Name] = Field(default_factory=list, max_length=10_000)
    to: list[Name] = Field(default_factory=list, max_length=10_000)


@blueprint.get("/groups")
def list_groups() -> Response:
    """The server's groups, numbered from 1 in its order; 0 is the screen's own line (SPEC D5)."""
    need_person()
    kept = get_desk().link.groups()
    return jsonify(groups=[_describe_group(number, one) for number, one in enumerate(kept.value, 1)], **_age(kept))


@blueprint.get("/destinations")
def list_destinations() -> Response:
    """The lines of all.rec; those that have a text in name or address (SPEC D6)."""
    need_person()
    words = request.args.get("search", "")[:200].casefold().split()
    kept = get_desk().link.destinations()
    found = [
        {"name": one.name, "address": one.address, "channel": one.channel}
        for one in kept.value
        if all(word in f"{one.name} {one.address}".casefold() for word in words)
    ]
    return jsonify(destinations=found, **_age(kept))


@blueprint.post("/recipients")
def list_recipients() -> Response:
    """Who would get a document, and who cannot take it now."""
    need_person()
    said = read_body(Chosen)
    kept = get_desk().link.recipients(said.groups, [*said.destinations, *map(read_fax_address, said.to)])
    return jsonify(**kept.value.model_dump(mode="json"), **_age(kept))


@blueprint.get("/jobs")
def list_jobs() -> Response:
    """What was sent by who is logged in, newest first."""
    jobs = get_desk().link.jobs(need_person().name)
    return jsonify(jobs=[one.model_dump(mode="json") for one in jobs])


@blueprint.get("/jobs/<job>")
def show_job(job: str) -> Response:
    """A job with its receipts."""
    link, user = get_desk().link, need_person().name
    deliveries = link.all_deliveries(user, job)
    return jsonify(
        job=link.job(user, job).model_dump(mode="json"), deliveries=[one.model_dump(mode="json") for one in deliveries]
    )


@blueprint.post("/jobs/<job>/retry")
def retry_job(job: str) -> Response:
    """Send again what failed."""
    answer = get_desk().link.retry(need_person().name, job, read_body(Selection).deliveries)
    return jsonify(answer.model_dump(mode="json"))


@blueprint.post("/jobs/<job>/cancel")
def cancel_job(job: str) -> Response:
    """Cancel what has not gone out."""
    return jsonify(get_desk().link.cancel(need_person().name, job).model_dump(mode="json"))


@blueprint.get("/waiting")
def list_waiting() -> Response:
    """What waits to be sent, of who is logged in; of all, for an operator."""
    asker = need_person().asker
    return jsonify(waiting=[one.describe(asker) for one in get_desk().works.sender.list_waiting(asker)])


@blueprint.delete("/waiting/<key>")
def withdraw_waiting(key: str) -> Response:
    """Give an order up; its document stays in the memory."""
    return jsonify(withdrawn=get_desk().works.sender.withdraw(key, need_person().asker))


def _describe_group(number: int, group: GroupSummary) -> dict[str, Any]:
    return {
        "number": number,
        "file": group.file,
        "name": group.name,
        "members": group.members,
        "paused": group.paused,
        "accepting": group.accepting,
    }


def _age(kept: Kept[Any]) -> dict[str, Any]:
    return {"stale": kept.stale, "as_of": kept.as_of}
