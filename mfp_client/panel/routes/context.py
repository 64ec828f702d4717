"""What every route needs: the desk, and who stands at it."""

from __future__ import annotations

import secrets

from flask import current_app, g, request

from mfp_client.panel.desk import Desk
from mfp_client.panel.log_in import Arrival
from mfp_client.panel.refusals import Refusal
from mfp_client.panel.seat import Seat
from mfp_client.works.person import Person

COOKIE = "panel_seat"
NOBODY = Arrival(Person())
_FREE_TOKEN = secrets.token_urlsafe(24)


def get_desk() -> Desk:
    """The desk of this application."""
    desk: Desk = current_app.extensions["desk"]
    return desk


def find_seat() -> Seat | None:
    """The seat of the screen that asks. Where nobody logs in, every screen has one."""
    desk = get_desk()
    if desk.settings.log_in == "none":
        return Seat(NOBODY, _FREE_TOKEN, active=0.0)
    if "seat" not in g:
        g.seat = desk.seats.find(request.cookies.get(COOKIE, ""))
    seat: Seat | None = g.seat
    return seat


def need_person() -> Person:
    """Who stands at the panel; counts as a touch. Raises `Refusal` when nobody has logged in."""
    seat = need_seat()
    get_desk().seats.touch(seat)
    return seat.person


def need_seat() -> Seat:
    """The seat of the screen that asks; it is not touched. Raises `Refusal` when nobody has logged in."""
    seat = find_seat()
    if seat is None:
        raise Refusal("log-in-first", "log in first")
    return seat


def need_operator() -> Person:
    """Raises `Refusal` unless an operator stands there."""
    person = need_person()
    if get_desk().settings.log_in == "none":
        raise Refusal("operators-only", "nobody logs in at this panel: enrol the device anew with `mfp-client enrol`")
    if not person.operator:
        raise Refusal("operators-only", "this takes an operator: have one log in")
    return person
