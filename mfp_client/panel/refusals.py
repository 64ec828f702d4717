"""What the panel refuses by itself, and with which status of HTTP each keyword is answered."""

from __future__ import annotations

_STATUS = {
    "log-in-first": 401,
    "sign-in-needed": 401,
    "wrong-password": 401,
    "card-unknown": 401,
    "locked-out": 401,
    "foreign-page": 403,
    "forbidden": 403,
    "operators-only": 403,
    "image-not-yours": 403,
    "image-not-found": 404,
    "image-erased": 404,
    "image-moved": 404,
    "image-expired": 404,
    "no-such-page": 404,
    "not-found": 404,
    "not-in-all-rec": 404,
    "unknown-destination": 404,
    "unknown-group": 404,
    "wrong-server": 400,
    "wrong-address": 400,
    "log-in-overtaken": 409,
    "busy": 409,
    "image-still-open": 409,
    "image-not-sent-yet": 409,
    "not-asked": 409,
    "being-sent": 409,
    "not-set-up": 409,
    "no-room": 503,
    "disk-error": 503,
    "server-down": 503,
    "server-not-understood": 503,
    "panel-failed": 500,
}
_ELSE = 400


class Refusal(Exception):
    """`keyword` is for programs and for screens in other languages, `facts` fill the blanks of their words."""

    def __init__(self, keyword: str, words: str, **facts: object) -> None:
        super().__init__(words)
        self.keyword = keyword
        self.facts = facts


def find_status(keyword: str) -> int:
    """The status of HTTP for a keyword, whoever refused."""
    return _STATUS.get(keyword, _ELSE)
