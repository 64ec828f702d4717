"""Devices and cards: who has a token, who gets one, and taking it back (SPEC D5, D9)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from distserver.accounts.access import ADMINISTRATORS, access
from distserver.accounts.enrolments import NewCode
from distserver.errors import BadRequest, UserError
from distserver.web.context import get_actor, get_services
from distserver.web.devices.pages import Standing, make_page
from distserver.web.shell import answer_operation, capitalise

blueprint = Blueprint("devices", __name__, template_folder="templates")


@blueprint.get("/devices")
@access(*ADMINISTRATORS)
def show() -> ResponseReturnValue:
    """All at a glance."""
    return _render()


@blueprint.post("/devices/code")
@access(*ADMINISTRATORS)
def make_code() -> ResponseReturnValue:
    """Make a code for a device; this page shows it, and no other ever does."""
    address = request.form.get("address", "").strip()[:1024]
    try:
        if not address:
            raise BadRequest("say which device: its name or address in all.rec")
        code = get_services().enrolments.make_code(address, get_actor())
    except UserError as error:
        flash(capitalise(str(error)), "bad")
        return redirect(url_for("devices.show"), 303)
    return _render(code)


@blueprint.post("/devices/revoke")
@access(*ADMINISTRATORS)
def revoke() -> ResponseReturnValue:
    """Refuse a device's token from now on, and all that goes by it."""
    token = request.form.get("token", "")[:64]

    def operate() -> str:
        get_services().accounts.revoke_token(token, get_actor())
        return "the device is let in no more; who has logged in at it must do so again when it has a new token"

    return answer_operation(operate, url_for("devices.show"))


@blueprint.post("/devices/cards/remove")
@access(*ADMINISTRATORS)
def remove_card() -> ResponseReturnValue:
    """Let a card open no panel any more."""
    card = request.form.get("card", "")[:64]

    def operate() -> str:
        removed = get_services().cards.remove(card, get_actor())
        return f"the card of {removed.user} opens no panel any more"

    return answer_operation(operate, url_for("devices.show"))


def _render(shown: NewCode | None = None) -> ResponseReturnValue:
    services, by = get_services(), get_actor()
    found = Standing(
        services.accounts.list_tokens(by),
        services.enrolments.list_codes(by),
        services.cards.list(by),
        services.letters.list_attendances(),
        services.clock(),
    )
    return render_template("devices/devices.html", view=make_page(services.groups.snapshot(), found, shown))
