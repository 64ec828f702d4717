"""Sign in and out. Wrong passwords are slowed down by `distserver.accounts`."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user

from distserver.accounts.access import PEOPLE, access, public
from distserver.errors import BadRequest, NotSignedIn, TooManyTries
from distserver.intake.api.problems import status_of
from distserver.web.context import get_origin, get_services
from distserver.web.guard import begin_session, local_target
from distserver.web.person import Person
from distserver.web.sessions.forms import read_sign_in
from distserver.web.shell import capitalise

blueprint = Blueprint("sessions", __name__, template_folder="templates")


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; somebody signed in goes on at once."""
    target = request.args.get("next", "")
    if current_user.is_authenticated:
        return redirect(local_target(target))
    return render_template("sessions/sign_in.html", name="", target=target, wrong="")


@blueprint.post("/sign-in")
@public
def begin() -> ResponseReturnValue:
    """Begin a session, or show the form again with what was wrong."""
    form = read_sign_in(request.form)
    try:
        user = get_services().accounts.sign_in(form.name, form.password, get_origin())
    except (NotSignedIn, TooManyTries, BadRequest) as error:
        status = 401 if isinstance(error, BadRequest) else int(status_of(error))
        page = render_template(
            "sessions/sign_in.html", name=form.name, target=form.target, wrong=capitalise(str(error))
        )
        return page, status
    begin_session(Person(user))
    login_user(Person(user))
    return redirect(local_target(form.target), 303)


@blueprint.post("/sign-out")
@access(*PEOPLE)
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("sessions.sign_in"), 303)
