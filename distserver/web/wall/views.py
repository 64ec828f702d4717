"""The wall: running jobs, big and dark."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from distserver.accounts.access import PEOPLE, access
from distserver.web.context import get_actor, get_services
from distserver.web.live import BUSY_MS, answer_whole
from distserver.web.start.pages import make_overview
from distserver.web.wall.pages import Wall, make_wall

blueprint = Blueprint("wall", __name__, template_folder="templates")


@blueprint.get("/wall")
@access(*PEOPLE)
def show() -> ResponseReturnValue:
    """The page."""
    return render_template("wall/wall.html", wall=_look())


@blueprint.get("/wall/live")
@access(*PEOPLE)
def follow() -> ResponseReturnValue:
    """News of the wall."""
    wall = _look()
    parts = {name: render_template(f"wall/{name}.html", wall=wall) for name in ("running", "foot")}
    return answer_whole(parts, (), 2 * BUSY_MS)


def _look() -> Wall:
    services, by = get_services(), get_actor()
    overview = make_overview(services.query, services.groups.snapshot(), by, services.clock())
    return make_wall(services.query, overview, by)
