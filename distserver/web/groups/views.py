"""Groups and their members, as the files say; what is wrong, by file and line (SPEC D1, D2, D3)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import OPERATORS, PEOPLE, access
from distserver.engine.conditions import list_conditions
from distserver.errors import BadRequest
from distserver.jobs.stops import say_done
from distserver.model.stops import StopAction
from distserver.web.context import get_actor, get_services
from distserver.web.groups import pages
from distserver.web.groups.remains import list_remains
from distserver.web.shell import answer_operation

blueprint = Blueprint("groups", __name__, template_folder="templates")


@blueprint.get("/groups")
@access(*PEOPLE)
def show_all() -> ResponseReturnValue:
    """The list, and all problems."""
    snapshot, search = get_services().groups.snapshot(), request.args.get("q", "").strip()[:200]
    return render_template(
        "groups/list.html",
        stops=get_services().stops.list(),
        groups=pages.list_groups(snapshot, search),
        count=len(snapshot.groups),
        problems=pages.fold_problems(pages.list_all_problems(snapshot)),
        search=search,
    )


@blueprint.get("/groups/<path:file>")
@access(*PEOPLE)
def show(file: str) -> ResponseReturnValue:
    """One group."""
    services = get_services()
    snapshot = services.groups.snapshot()
    group = snapshot.find(file)
    members = pages.cut_members(snapshot.members(group), request.args.get("page", 1, type=int))
    return render_template(
        "groups/group.html",
        stop=services.stops.get(group.file),
        mailed=bool(services.settings.mail_host),
        group=group,
        printer=pages.find_printer(services.settings, group),
        members=members,
        remains=list_remains(list_conditions(services.database, members.shown)),
        problems=pages.list_all_problems(snapshot, group.file),
        changed=pages.find_change(services.settings.groups_dir, group.file),
    )


@blueprint.post("/groups/<path:file>/stop")
@access(*OPERATORS)
def change_stop(file: str) -> ResponseReturnValue:
    """Pause the group, resume it, close it to new jobs or open it again."""
    services, by = get_services(), get_actor()
    group = services.groups.snapshot().find(file)

    def operate() -> str:
        said = request.form.get("action", "")
        if said not in set(StopAction):
            raise BadRequest("choose pause, resume, enable or disable")
        action = StopAction(said)
        _, moved = services.stops.change(group.file, action, by)
        return say_done(group.name or group.file, action, moved)

    return answer_operation(operate, url_for("groups.show", file=group.file))
