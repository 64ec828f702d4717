"""The start page."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from distserver.accounts.access import PEOPLE, access
from distserver.web.context import get_actor, get_services
from distserver.web.live import BUSY_MS, CALM_MS, answer_whole
from distserver.web.start.pages import Overview, make_overview

blueprint = Blueprint("start", __name__, template_folder="templates")


@blueprint.get("/")
@access(*PEOPLE)
def show() -> ResponseReturnValue:
    """What is under way, what failed, what needs mending."""
    return render_template("start/start.html", view=_look())


@blueprint.get("/live")
@access(*PEOPLE)
def follow() -> ResponseReturnValue:
    """News of the start page."""
    view = _look()
    parts = {name: render_template(f"start/{name}.html", view=view) for name in ("running", "failed", "problems")}
    return answer_whole(parts, (), 2 * BUSY_MS if view.running else CALM_MS)


def _look() -> Overview:
    services = get_services()
    return make_overview(services.query, services.groups.snapshot(), get_actor(), services.clock())
