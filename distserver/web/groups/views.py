"""Groups and their members, as the files say; what is wrong, by file and line (SPEC D1, D2, D3)."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from distserver.accounts.access import PEOPLE, access
from distserver.web.context import get_services
from distserver.web.groups import pages

blueprint = Blueprint("groups", __name__, template_folder="templates")


@blueprint.get("/groups")
@access(*PEOPLE)
def show_all() -> ResponseReturnValue:
    """The list, and all problems."""
    snapshot, search = get_services().groups.snapshot(), request.args.get("q", "").strip()[:200]
    return render_template(
        "groups/list.html",
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
    return render_template(
        "groups/group.html",
        mailed=bool(services.settings.mail_host),
        group=group,
        printer=pages.find_printer(services.settings, group),
        members=pages.cut_members(snapshot.members(group), request.args.get("page", 1, type=int)),
        problems=pages.list_all_problems(snapshot, group.file),
        changed=pages.find_change(services.settings.groups_dir, group.file),
    )
