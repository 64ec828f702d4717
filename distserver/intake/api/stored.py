"""A stored file as an answer: whole, or the part that was asked for (RFC 9110 §14)."""

from __future__ import annotations

import os
from typing import BinaryIO

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import FileWrapper, wrap_file

_PIECE = 1 << 20


def answer_file(file: BinaryIO, digest: str, media: str = "application/octet-stream") -> Response:
    """The bytes of `file`, which is closed with the answer; `digest` is their SHA-256, and the entity tag."""
    size = os.fstat(file.fileno()).st_size
    # The server's own wrapper sends a whole file by sendfile(); only Werkzeug's finds the start of a range by a seek.
    pieces = FileWrapper(file, _PIECE) if "Range" in request.headers else wrap_file(request.environ, file, _PIECE)
    response = Response(pieces, content_type=media, direct_passthrough=True)
    response.content_length = size
    response.set_etag(digest)
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        file.close()
        raise
    return response
