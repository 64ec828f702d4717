"""The device registers itself with a group, and withdraws (SPEC D9, D10)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from pydantic import Field

from distwire.api.base import Request
from distwire.api.failures import Refused
from mfp_client.panel.answers import read_body
from mfp_client.panel.refusals import Refusal
from mfp_client.panel.routes.context import get_desk, need_person

blueprint = Blueprint("memberships", __name__, url_prefix="/api")

_ALL = "all.rec"


class Membership(Request):
    """Whether the device is to be in a group, told by file."""

    group: str = Field(min_length=1, max_length=1024)
    member: bool


@blueprint.get("/memberships")
def list_memberships() -> Response:
    """All groups but all.rec, and whether the device is in them; each has the number that it has everywhere."""
    need_person()
    desk = get_desk()
    kept = desk.link.memberships()
    return jsonify(
        groups=[
            {"number": number, "file": one.file, "name": one.name, "member": one.member}
            for number, one in enumerate(kept.value, 1)
            if one.file != _ALL
        ],
        address=desk.settings.address,
        name=desk.settings.name,
        stale=kept.stale,
    )


@blueprint.post("/memberships")
def change_membership() -> Response:
    """Register or withdraw; a second time changes nothing."""
    need_person()
    said = read_body(Membership)
    link = get_desk().link
    try:
        answer = link.register(said.group) if said.member else link.withdraw(said.group)
    except Refused as error:
        if said.member and error.keyword == "not-in-all-rec":
            raise _not_in_all_rec(error) from error
        raise
    return jsonify(changed=answer.changed, words=answer.message)


def _not_in_all_rec(error: Refused) -> Refusal:
    facts: dict[str, Any] = {"address": get_desk().settings.address}
    return Refusal("not-in-all-rec", str(error), **facts)
