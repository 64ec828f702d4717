"""Pictures for the screen."""

from __future__ import annotations

from flask import Response


def answer_jpeg(data: bytes) -> Response:
    """A picture that is kept by nobody: the next person at the panel is another."""
    return Response(data, mimetype="image/jpeg", headers={"Cache-Control": "no-store"})
