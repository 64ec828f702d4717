"""First start: which server, which line of all.rec, and the code that the board shows (SPEC D9)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import Field

from distwire.api.base import Request
from mfp_client.panel.answers import read_body
from mfp_client.panel.desk import Desk
from mfp_client.panel.refusals import Refusal
from mfp_client.panel.routes.context import get_desk, need_operator
from mfp_client.server.link import enrol, take_line
from mfp_client.settings import DeviceSettings, SettingsError, change_settings, save_settings

blueprint = Blueprint("setup", __name__, url_prefix="/api")


_TYPED = {"server": "wrong-server", "address": "wrong-address"}
"""Fields that are easily mistyped → the keyword that says how to write them, in the screen's own language."""


class Setup(Request):
    """What a person types at the first start."""

    server: str = Field(min_length=1, max_length=1024)
    address: str = Field(min_length=1, max_length=1024)
    code: str = Field(min_length=1, max_length=32)
    name: str = Field(default="", max_length=127)
    language: str = Field(default="", pattern="^(en|ja)?$")


@blueprint.get("/setup")
def show_setup() -> Response:
    """What is known so far."""
    settings = get_desk().settings
    return jsonify(server=settings.server, address=settings.address, name=settings.name, language=settings.language)


@blueprint.post("/setup")
def set_up() -> Response:
    """Enrol the device; free as long as it has no server, then only for operators."""
    desk = get_desk()
    with desk.enrolling:  # a second one finds that the first has succeeded
        return _enrol(desk)


def _enrol(desk: Desk) -> Response:
    if desk.enrolled or desk.link.state() != "none":
        need_operator()
    said = read_body(Setup)
    wished = {"server": said.server, "address": said.address, "language": said.language or desk.settings.language}
    name = said.name if said.name.strip() else ""
    settings = _change(desk.settings, {**wished, **({"name": name} if name else {})})  # before the code is used up
    _save(desk.home, desk.settings)
    enrolled = enrol(settings, desk.home, said.code)
    with _refusing():
        settings = take_line(settings, enrolled, name)
    _save(desk.home, settings)
    desk.enrolled = True
    response = jsonify(address=enrolled.address, name=settings.name)
    response.call_on_close(desk.start_again)
    return response


def _change(settings: DeviceSettings, changes: dict[str, Any]) -> DeviceSettings:
    with _refusing():
        return change_settings(settings, changes)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Settings that cannot be are the fault of what was typed."""
    try:
        yield
    except SettingsError as error:
        raise Refusal(_TYPED.get(error.name, "wrong-request"), str(error)) from error


def _save(home: Path, settings: DeviceSettings) -> None:
    try:
        save_settings(home, settings)
    except SettingsError as error:
        raise Refusal("disk-error", str(error)) from error
