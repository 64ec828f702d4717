"""The page of the system: workers, what waits, destinations in trouble, notices."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import OPERATORS, access
from distserver.intake.fax.modem_servers import show_servers
from distserver.web.context import get_actor, get_services
from distserver.web.shell import answer_operation
from distserver.web.system.modems import draw_servers
from distserver.web.system.pages import make_system

blueprint = Blueprint("system", __name__, template_folder="templates")


@blueprint.get("/system")
@access(*OPERATORS)
def show() -> ResponseReturnValue:
    """All at a glance."""
    services = get_services()
    groups = services.groups.snapshot()

    def find_name(uri: str) -> str:
        return next((group.by_uri[uri].name for group in groups.groups_of(uri)), "")

    return render_template(
        "system/system.html", view=make_system(services.destinations.find_condition(get_actor()), find_name)
    )


@blueprint.get("/system/modems")
@access(*OPERATORS)
def show_modems() -> ResponseReturnValue:
    """The modems of HylaFAX servers, asked now."""
    return render_template("system/modems.html", servers=draw_servers(show_servers(get_services())))


@blueprint.post("/system/reopen")
@access(*OPERATORS)
def reopen() -> ResponseReturnValue:
    """Try a destination now."""
    address, by = request.form.get("address", "")[:1024], get_actor()

    def operate() -> str:
        if get_services().destinations.reopen(address, by).suspended is not None:
            return f"it is asked now how it is, and gets what waits for it when it answers well: {address}"
        return f"it is tried now: {address}"

    return answer_operation(operate, url_for("system.show"))
