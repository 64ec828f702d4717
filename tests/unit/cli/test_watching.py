"""A delivery in a line, as `send --wait` and `job show` print it (SPEC D6)."""

from __future__ import annotations

from datetime import UTC, datetime

from distserver.cli.watching import describe
from distwire.api.jobs import Delivery

_AT = datetime(2026, 1, 31, tzinfo=UTC)


def test_what_words_point_to_stands_behind_them() -> None:
    refused = make_delivery("refused-by-destination", "Its own words stand below.", "HTTP 404: no printer here")
    assert describe(refused) == "Osaka  aborted  Its own words stand below. “HTTP 404: no printer here”"


def test_what_the_server_itself_knows_is_no_word_of_the_device() -> None:
    away = make_delivery("destination-unreachable", "The device does not answer.", "127.0.0.1:9 refused")
    assert describe(away) == "Osaka  aborted  The device does not answer. Technical: 127.0.0.1:9 refused"
    assert describe(make_delivery("quarantined", "Set aside.", "")) == "Osaka  aborted  Set aside."


def make_delivery(reason: str, words: str, message: str) -> Delivery:
    return Delivery.model_validate(
        {
            **{"id": "1-1", "job": "1", "number": 1, "destination": "Osaka", "address": "10.0.0.7", "channel": "ipp"},
            **{"groups": [], "state": "aborted", "evidence": "none", "reason": reason, "words": words},
            **{"message": message, "device_reasons": [], "attempts": 1, "pages": None, "pages_total": 2},
            **{"rendition": "", "resend": "at-least-once", "cancel_requested": False, "created": _AT, "updated": _AT},
            **{"started": None, "ended": _AT, "next_try": None},
        }
    )
