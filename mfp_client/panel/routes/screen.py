"""The page that is the screen."""

from __future__ import annotations

from flask import Blueprint, render_template

from mfp_client.panel.routes.context import get_desk

blueprint = Blueprint("screen", __name__)


@blueprint.get("/")
def show_screen() -> str:
    """The one page; all that changes on it comes from `/api`."""
    settings = get_desk().settings
    return render_template("panel.html", language=settings.language, contrast=settings.contrast)
