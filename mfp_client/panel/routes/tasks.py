"""The task at the panel: begin, answer, go on, stop, try again, and its pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from distwire.api.base import Request
from distwire.api.jobs import Selection
from mfp_client.panel.answers import read_body, read_json, read_optional_body
from mfp_client.panel.routes.context import find_seat, get_desk, need_person
from mfp_client.panel.routes.pictures import answer_jpeg
from mfp_client.panel.view import describe_task
from mfp_client.works.faults import NotAsked
from mfp_client.works.progress import FREE, Task
from mfp_client.works.wishes import Wishes, read_wishes

blueprint = Blueprint("tasks", __name__, url_prefix="/api")


class PersonsAnswer(Request):
    """What a person decides when a scan has stopped."""

    answer: str = Field(max_length=20)


class Ending(Request):
    """What becomes of what was scanned: `keep` it, with what is wished by now, or throw it away; left open: as
    `Works.stop`."""

    keep: bool | None = None
    wishes: dict[str, Any] = Field(default_factory=dict)


@blueprint.post("/tasks")
def begin_task() -> Response:
    """Begin something; there is one task at a time."""
    person, said = need_person(), read_json()
    kind, wishes = read_wishes(str(said.get("kind", "")), said)
    get_desk().works.start(kind, wishes, person)
    return _show_task()


@blueprint.post("/task/answer")
def answer_question() -> Response:
    """Decide what becomes of a scan that has stopped."""
    _need_own_task()
    get_desk().works.answer(read_body(PersonsAnswer).answer)
    return _show_task()


@blueprint.post("/task/start")
def go_on() -> Response:
    """START on the review: what is wished now counts, and else what was wished at the beginning."""
    _need_own_task()
    works, said = get_desk().works, read_json()
    works.go(_merge_wishes(works.need_task(), said))
    return _show_task()


@blueprint.post("/task/stop")
def stop_task() -> Response:
    """STOP: give up what is under way, or close what has ended; anybody may, as at any device. What becomes of the
    pages is for their owner to say. Answers what came of a print that was under way."""
    need_person()
    works, said = get_desk().works, read_optional_body(Ending)
    if said.keep is not None:
        _need_own_task()
        _need_unsettled(works.current)
    ending = None
    if said.keep:
        works.keep(_merge_wishes(works.need_task(), said.wishes))
    else:
        ending = works.stop(drop=said.keep is False)
    return jsonify(error=ending.error if ending else None, words=ending.words if ending else "")


@blueprint.post("/task/retry")
def retry_task() -> Response:
    """Send again what failed."""
    _need_own_task()
    get_desk().works.retry(read_body(Selection).deliveries)
    return _show_task()


@blueprint.get("/task/pages/<int:number>.jpg")
def show_page(number: int) -> Response:
    """A page of the task's document, as it came."""
    _need_own_task()
    return answer_jpeg(get_desk().works.page_jpeg(number, request.args.get("size", "small")))


def _need_own_task() -> None:
    """Raises `NotAsked` for a task of somebody else, who has left the device at work."""
    person, task = need_person(), get_desk().works.current
    if task is not None and task.person.name != person.name:
        raise NotAsked("the device is at work for somebody else")


def _need_unsettled(task: Task | None) -> None:
    """Raises `NotAsked` for a task that has ended: what it has stored would stay, and be said to be thrown away."""
    if task is not None and task.step in FREE:
        raise NotAsked("the task has ended meanwhile: what it has stored is erased among the documents")


def _merge_wishes(task: Task, said: dict[str, Any]) -> Wishes:
    """What is wished now, and else what was wished at the beginning. Raises `WrongWish`."""
    before = task.wishes.model_dump(mode="json", exclude_defaults=True)
    return read_wishes(task.kind, {**before, **said})[1]


def _show_task() -> Response:
    return jsonify(describe_task(get_desk(), find_seat()))
