"""A page of another site in the browser of the panel must not work the panel (`distwire.local.own_screen`)."""

from __future__ import annotations

from flask import request

from distwire.local.own_screen import is_from_elsewhere, names_other_host
from mfp_client.panel.refusals import Refusal

_WORDS = "the panel is worked from its own screen"


def refuse_foreign_pages(own_host: str) -> None:
    """Raises `Refusal` for what a page of another site sends. `own_host`: where the panel listens."""
    if names_other_host(request.headers, own_host):
        raise Refusal("foreign-page", f"{_WORDS}: by an IP address, localhost or the name in panel_host")
    if is_from_elsewhere(request.method, request.headers, "X-Panel"):
        raise Refusal("foreign-page", _WORDS)
