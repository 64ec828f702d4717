"""The page of the system: workers, what waits, destinations in trouble, notices."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import OPERATORS, access
from distserver.web.context import get_actor, get_services
from distserver.web.shell import answer_operation
from distserver.web.system.pages import make_system

blueprint = Blueprint("system", __name__, template_folder="templates")


@blueprint.get("/system")
@access(*OPERATORS)
def show() -> ResponseReturnValue:
    """All at a glance."""
    services = get_services()
    names = {one.address.uri: one.name for one in services.groups.snapshot().destinations}
    return render_template(
        "system/system.html", view=make_system(services.destinations.find_condition(get_actor()), names)
    )


@blueprint.post("/system/reopen")
@access(*OPERATORS)
def reopen() -> ResponseReturnValue:
    """Try a destination now."""
    address, by = request.form.get("address", "")[:1024], get_actor()

    def operate() -> str:
        get_services().destinations.reopen(address, by)
        return f"it is tried now: {address}"

    return answer_operation(operate, url_for("system.show"))
