"""Good requests to a house, and their answers as messages."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from distwire.ipp import Attribute, Group, GroupTag, Message, attribute, decode_message, encode_message, make_message
from distwire.ipp.exchange import Exchange
from distwire.ipp.service import Context
from distwire.ipp.values import uri
from tests.fuzz.house import VISITORS, House

PRINTER = "ipp://127.0.0.1/ipp/print/open"
HANAKO, TARO, OPS = VISITORS[4:7]
_numbers = itertools.count(1)


def ask(
    house: House,
    operation: int,
    *attributes: Attribute,
    job: Iterable[Attribute] = (),
    document: bytes = b"",
    by: Context = HANAKO,
) -> Message:
    """One request about the open printer; the response, which has to be a good one."""
    template = tuple(job)
    groups = (Group(GroupTag.JOB, template),) if template else ()
    named = (attribute("printer-uri", uri(PRINTER)), *attributes)
    request = make_message(operation, next(_numbers), named, groups)
    exchange = Exchange(house.service, by, house.limits)
    exchange.feed(encode_message(request) + document)
    response, used = decode_message(answer := exchange.finish())
    assert (used, response.notes, response.request_id) == (len(answer), (), request.request_id)
    return response
