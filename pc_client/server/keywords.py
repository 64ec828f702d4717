"""A keyword for each way in which the server did not do what was asked, by which windows say it in their language."""

from __future__ import annotations

from distwire.api.failures import ApiError, Refused, Unreachable

AWAY = "server-away"
PC_REFUSED = "pc-refused"
_NOT_SIGNED_IN = 401


def name_error(error: ApiError) -> str:
    """The server's own keyword where it refused; `pc-refused` where it does not know this PC; `server-away` for no
    answer; `not-understood` for the rest."""
    if isinstance(error, Refused):
        return PC_REFUSED if error.status == _NOT_SIGNED_IN else error.keyword
    return AWAY if isinstance(error, Unreachable) else "not-understood"
