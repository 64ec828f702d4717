"""Hypothesis strategies for what an IPP message is made of: any value that may stand on the wire, and any message."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from distwire.ipp import Attribute, Collection, Group, Message, Value, ValueTag
from distwire.ipp import values as v

INT32 = st.integers(-(2**31), 2**31 - 1)
NAMES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ASCII = st.text(st.characters(max_codepoint=0x7F), max_size=60)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.builds(
    lambda moment, tenth, zone: moment.replace(microsecond=tenth * 100_000, tzinfo=zone),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001 - the zone is chosen apart
    st.integers(0, 9),
    ZONES,
)
PLAIN_VALUES = st.one_of(
    INT32.map(v.integer),
    INT32.map(v.enum),
    st.booleans().map(v.boolean),
    st.builds(v.range_of, INT32, INT32),
    st.builds(v.resolution, INT32, INT32, st.sampled_from([v.DPI, v.DPCM])),
    MOMENTS.map(v.date_time),
    st.binary(max_size=80).map(v.octets),
    TEXTS.map(v.text),
    TEXTS.map(v.name),
    st.builds(v.text, TEXTS, ASCII),
    st.builds(v.name, TEXTS, ASCII),
    ASCII.map(v.keyword),
    ASCII.map(v.uri),
    ASCII.map(v.uri_scheme),
    ASCII.map(v.charset),
    ASCII.map(v.natural_language),
    ASCII.map(v.mime_type),
    st.sampled_from([v.UNSUPPORTED, v.UNKNOWN, v.NO_VALUE, v.NOT_SETTABLE, v.DELETE_ATTRIBUTE, v.ADMIN_DEFINE]),
    st.builds(Value, st.sampled_from([0x24, 0x38, 0x43, 0x5F]), st.binary(max_size=20)),
    st.builds(Value, st.integers(0x100, 0x7FFFFFFF), st.binary(max_size=20)),
)


def _collections(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    attributes = st.builds(Attribute, NAMES, st.lists(values, min_size=1, max_size=3))
    return st.lists(attributes, max_size=3).map(lambda members: Value(ValueTag.BEGIN_COLLECTION, Collection(members)))


VALUES = st.recursive(PLAIN_VALUES, _collections, max_leaves=8)
ATTRIBUTES = st.builds(Attribute, NAMES, st.lists(VALUES, min_size=1, max_size=3))
GROUPS = st.builds(Group, st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9, 10, 15]), st.lists(ATTRIBUTES, max_size=4))
MESSAGES = st.builds(
    Message,
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.lists(GROUPS, max_size=4).map(tuple),
)
