"""State of the panel, log-in and log-out, cards."""

from __future__ import annotations

import threading

from flask import Blueprint, Response, jsonify, request
from pydantic import Field, model_validator

from distwire.api.base import Request
from distwire.api.panel import Card, NewCard
from mfp_client.panel.answers import read_body, read_optional_body
from mfp_client.panel.routes.context import COOKIE, find_seat, get_desk, need_person, need_seat
from mfp_client.panel.view import describe_seat, describe_state

blueprint = Blueprint("session", __name__, url_prefix="/api")

_POLL_SECONDS = 20.0
_MOST_POLLS = 8
_polls = threading.BoundedSemaphore(_MOST_POLLS)


class Credentials(Request):
    """User and password, or what a card reader has typed."""

    user: str = Field(default="", max_length=64)
    password: str = Field(default="", max_length=1024)
    card: Card | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Credentials:
        if self.card is None and not (self.user.strip() and self.password):
            raise ValueError("type a user ID and a password")
        return self


class Active(Request):
    """So many seconds ago somebody did something: a screen gathers what it tells."""

    seconds: float = Field(default=0.0, ge=0, le=60)


@blueprint.get("/state")
def show_state() -> Response:
    """All that the screen shows of the device; with `after` it is waited for until something changes."""
    desk = get_desk()
    known = request.args.get("after", type=int)
    if known is not None and _polls.acquire(blocking=False):
        try:
            desk.changes.wait(known, _POLL_SECONDS)
        finally:
            _polls.release()
    return jsonify(describe_state(desk, find_seat()))


@blueprint.post("/log-in")
def log_in() -> Response:
    """Let somebody in; the answer sets the cookie of their seat."""
    said = read_body(Credentials)
    desk = get_desk()
    turn = desk.begin_log_in()
    arrival = desk.log_in.by_password(said.user, said.password) if said.card is None else desk.log_in.by_card(said.card)
    seat = desk.take_seat(arrival, turn)
    response = jsonify(describe_seat(desk, seat))
    response.set_cookie(COOKIE, seat.token, httponly=True, samesite="Strict")
    return response


@blueprint.post("/log-out")
def log_out() -> Response:
    """Leave the panel. The cookie is of no seat from now on and stays: an answer that is late would take the next
    person's with it."""
    if (seat := find_seat()) is not None:
        get_desk().leave_seat(seat)
    return jsonify({})


@blueprint.post("/active")
def stay() -> Response:
    """Somebody still stands there, or did something a moment ago that is told of only now."""
    seconds = read_optional_body(Active).seconds
    seat = need_seat()
    get_desk().seats.touch(seat, seconds)
    return jsonify({})


@blueprint.post("/card")
def add_card() -> Response:
    """Register a card for who is logged in."""
    person, card = need_person(), read_body(NewCard).card
    desk = get_desk()
    desk.link.add_card(person.name, card)
    desk.people.add_card(person.name, card)
    return jsonify({})
