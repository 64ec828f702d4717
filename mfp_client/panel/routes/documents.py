"""Stored documents: list, search, look at, erase; and the removable media that are in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from mfp_client.memory.media import MountedMedium, list_all
from mfp_client.memory.records import Asker
from mfp_client.panel.routes.context import get_desk, need_person
from mfp_client.panel.routes.pictures import answer_jpeg
from mfp_client.works.description import describe_document
from mfp_client.works.pictures import draw_page

blueprint = Blueprint("documents", __name__, url_prefix="/api")

_MOST = 100


@blueprint.get("/documents")
def list_documents() -> Response:
    """A page of the documents that somebody may use, newest first."""
    asker = _asker()
    limit = max(1, min(request.args.get("limit", 24, type=int), _MOST))
    before = request.args.get("before", type=int)
    memory = get_desk().memory
    text = request.args.get("search", "")[:200]
    found = memory.list_documents(asker, text=text, before=before, limit=limit + 1)
    shown = found[:limit]
    more = shown[-1].number if len(found) > limit else None
    return jsonify(documents=[describe_document(one, asker) for one in shown], next=more)


@blueprint.get("/documents/<int:image_id>")
def show_document(image_id: int) -> Response:
    """The attributes of a document."""
    asker = _asker()
    return jsonify(describe_document(get_desk().memory.find(image_id, asker), asker))


@blueprint.get("/documents/<int:image_id>/thumbnail.jpg")
def show_thumbnail(image_id: int) -> Response:
    """Its first page, small."""
    return answer_jpeg(get_desk().memory.thumbnail(image_id, _asker()))


@blueprint.get("/documents/<int:image_id>/pages/<int:number>.jpg")
def show_page(image_id: int, number: int) -> Response:
    """One of its pages, as large as the screen."""
    memory = get_desk().memory
    document = memory.find(image_id, _asker())
    return answer_jpeg(draw_page(memory, document, number))


@blueprint.delete("/documents/<int:image_id>")
def erase_document(image_id: int) -> Response:
    """Erase a document, for good."""
    desk = get_desk()
    desk.memory.erase(image_id, _asker())
    desk.changes.note()
    return jsonify({})


@blueprint.get("/media")
def show_media() -> Response:
    """The removable media that are in, and folders that stand for some."""
    need_person()
    found = list_all(get_desk().settings.media_folders)
    return jsonify(media=[_describe_medium(one) for one in found])


def _asker() -> Asker:
    return need_person().asker


def _describe_medium(medium: MountedMedium) -> dict[str, Any]:
    return {"path": str(medium.folder), "name": medium.folder.name, "free": medium.free}
