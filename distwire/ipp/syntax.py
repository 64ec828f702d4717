"""Bytes of a single value ⇄ its data, by tag (RFC 8010 §3.9). Collections are made of many values: see `attributes`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from distwire.ipp.errors import Unencodable
from distwire.ipp.tags import FIRST_VALUE_TAG, LAST_OUT_OF_BAND_TAG, ValueTag
from distwire.ipp.values import Data, Localized, Range, Resolution, Value

_DATE_TIME = struct.Struct(">HBBBBBBcBB")
_RESOLUTION = struct.Struct(">iib")
_RANGE = struct.Struct(">ii")

MAX_OCTETS = {
    ValueTag.OCTET_STRING: 1023,
    ValueTag.TEXT: 1023,
    ValueTag.NAME: 255,
    ValueTag.KEYWORD: 255,
    ValueTag.URI: 1023,
    ValueTag.URI_SCHEME: 63,
    ValueTag.CHARSET: 63,
    ValueTag.NATURAL_LANGUAGE: 63,
    ValueTag.MIME_MEDIA_TYPE: 255,
    ValueTag.MEMBER_NAME: 255,
}
"""Most octets of a string by its syntax (RFC 8011 §5.1)."""

MAX_RAW = 0x7FFF
"""Most octets that a length field can say (a signed short, RFC 8010 §3.1.4)."""


def decode_value(tag: int, raw: bytes) -> Value:
    """Never raises: data that does not fit its tag stays the bytes it is (see `values`)."""
    reader = _READERS.get(tag)
    if reader is not None:
        try:
            return Value(tag, reader(raw))
        except ValueError:
            return Value(tag, raw)
    if FIRST_VALUE_TAG <= tag <= LAST_OUT_OF_BAND_TAG and not raw:
        return Value(tag, None)
    if tag == ValueTag.EXTENSION and len(raw) >= 4 and (real := int.from_bytes(raw[:4])) > 0xFF:
        return Value(real, raw[4:])
    return Value(tag, raw)


def encode_value(value: Value) -> tuple[int, bytes]:
    """Tag octet and bytes of a value that is no collection. Raises `Unencodable` for data that is not its tag's."""
    tag, data = value
    writer = _WRITERS.get(tag)
    if writer is None:
        return _write_untyped(tag, data)
    try:
        return tag, writer(data)
    except (TypeError, ValueError, AttributeError, OverflowError, struct.error) as error:
        raise Unencodable(f"{data!r} is no value of tag {tag:#04x}: {error}") from error


def _write_untyped(tag: int, data: Data) -> tuple[int, bytes]:
    if FIRST_VALUE_TAG <= tag <= LAST_OUT_OF_BAND_TAG and data is None:
        return tag, b""
    if (
        not isinstance(data, bytes)
        or tag < FIRST_VALUE_TAG
        or tag in (ValueTag.BEGIN_COLLECTION, ValueTag.END_COLLECTION)
    ):
        raise Unencodable(f"{data!r} is no value of tag {tag:#04x}")
    octet = tag
    if tag > 0xFF:
        if tag > 0x7FFFFFFF:
            raise Unencodable(f"{tag:#x} is no tag")
        octet, data = ValueTag.EXTENSION, tag.to_bytes(4) + data
    elif tag > 0x7F:
        raise Unencodable(f"{tag:#x} is no tag")
    if len(data) > MAX_RAW:
        raise Unencodable(f"{len(data)} octets are too many for one value")
    return octet, data


def _read_integer(raw: bytes) -> int:
    if len(raw) != 4:
        raise ValueError("an integer has 4 octets")
    return int.from_bytes(raw, signed=True)


def _write_integer(data: Data) -> bytes:
    if not isinstance(data, int) or isinstance(data, bool):
        raise TypeError("not an int")
    return data.to_bytes(4, signed=True)


def _read_boolean(raw: bytes) -> bool:
    if raw == b"\x01":
        return True
    if raw == b"\x00":
        return False
    raise ValueError("a boolean is one octet, 0 or 1")


def _write_boolean(data: Data) -> bytes:
    if not isinstance(data, bool):
        raise TypeError("not a bool")
    return b"\x01" if data else b"\x00"


def _read_string(raw: bytes) -> str:
    """UTF-8, as we ask for; devices that do not care send Latin-1, which every run of bytes can be read as."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _string_writer(tag: ValueTag, encoding: str) -> Callable[[Data], bytes]:
    limit = MAX_OCTETS[tag]

    def write(data: Data) -> bytes:
        if not isinstance(data, str):
            raise TypeError("not a str")
        raw = data.encode(encoding)
        if len(raw) > limit:
            raise ValueError(f"more than {limit} octets")
        return raw

    return write


def _read_octets(raw: bytes) -> bytes:
    return raw


def _write_octets(data: Data) -> bytes:
    if not isinstance(data, bytes):
        raise TypeError("not bytes")
    if len(data) > MAX_OCTETS[ValueTag.OCTET_STRING]:
        raise ValueError("more than 1023 octets")
    return data


def _read_date_time(raw: bytes) -> datetime:
    """DateAndTime of RFC 2579: local time, tenths of seconds, and how far it is from UTC."""
    if len(raw) != _DATE_TIME.size:
        raise ValueError("a dateTime has 11 octets")
    year, month, day, hour, minute, second, tenth, sign, east_hours, east_minutes = _DATE_TIME.unpack(raw)
    if sign not in (b"+", b"-"):
        raise ValueError("the direction from UTC is + or -")
    offset = timedelta(hours=east_hours, minutes=east_minutes)
    zone = timezone(offset if sign == b"+" else -offset) if offset else UTC
    return datetime(year, month, day, hour, minute, second, tenth * 100_000, zone)


def _write_date_time(data: Data) -> bytes:
    if not isinstance(data, datetime):
        raise TypeError("not a datetime")
    offset = data.utcoffset()
    if offset is None:
        raise ValueError("the moment lacks a time zone")
    east = round(offset.total_seconds() / 60)
    sign = b"-" if east < 0 else b"+"
    clock = (data.hour, data.minute, data.second, data.microsecond // 100_000)
    return _DATE_TIME.pack(data.year, data.month, data.day, *clock, sign, *divmod(abs(east), 60))


def _read_resolution(raw: bytes) -> Resolution:
    if len(raw) != _RESOLUTION.size:
        raise ValueError("a resolution has 9 octets")
    return Resolution(*_RESOLUTION.unpack(raw))


def _write_resolution(data: Data) -> bytes:
    if not isinstance(data, Resolution):
        raise TypeError("not a Resolution")
    return _RESOLUTION.pack(*data)


def _read_range(raw: bytes) -> Range:
    if len(raw) != _RANGE.size:
        raise ValueError("a range has 8 octets")
    return Range(*_RANGE.unpack(raw))


def _write_range(data: Data) -> bytes:
    if not isinstance(data, Range):
        raise TypeError("not a Range")
    return _RANGE.pack(*data)


def _read_localized(raw: bytes) -> Localized:
    language, rest = _take_counted(raw)
    string, rest = _take_counted(rest)
    if rest:
        raise ValueError("octets after the text")
    return Localized(_read_string(string), _read_string(language))


def _take_counted(raw: bytes) -> tuple[bytes, bytes]:
    stop = 2 + int.from_bytes(raw[:2])
    if len(raw) < stop:
        raise ValueError("shorter than its count")
    return raw[2:stop], raw[stop:]


def _localized_writer(tag: ValueTag) -> Callable[[Data], bytes]:
    limit = MAX_OCTETS[tag]

    def write(data: Data) -> bytes:
        if not isinstance(data, Localized):
            raise TypeError("not a Localized")
        language, string = data.language.encode("ascii"), data.text.encode()
        if len(language) > MAX_OCTETS[ValueTag.NATURAL_LANGUAGE] or len(string) > limit:
            raise ValueError(f"more than {limit} octets, or its language more than 63")
        return len(language).to_bytes(2) + language + len(string).to_bytes(2) + string

    return write


_READERS: dict[int, Callable[[bytes], Data]] = {
    ValueTag.INTEGER: _read_integer,
    ValueTag.ENUM: _read_integer,
    ValueTag.BOOLEAN: _read_boolean,
    ValueTag.OCTET_STRING: _read_octets,
    ValueTag.DATE_TIME: _read_date_time,
    ValueTag.RESOLUTION: _read_resolution,
    ValueTag.RANGE_OF_INTEGER: _read_range,
    ValueTag.TEXT_WITH_LANGUAGE: _read_localized,
    ValueTag.NAME_WITH_LANGUAGE: _read_localized,
    ValueTag.TEXT: _read_string,
    ValueTag.NAME: _read_string,
    ValueTag.KEYWORD: _read_string,
    ValueTag.URI: _read_string,
    ValueTag.URI_SCHEME: _read_string,
    ValueTag.CHARSET: _read_string,
    ValueTag.NATURAL_LANGUAGE: _read_string,
    ValueTag.MIME_MEDIA_TYPE: _read_string,
}

_WRITERS: dict[int, Callable[[Data], bytes]] = {
    ValueTag.INTEGER: _write_integer,
    ValueTag.ENUM: _write_integer,
    ValueTag.BOOLEAN: _write_boolean,
    ValueTag.OCTET_STRING: _write_octets,
    ValueTag.DATE_TIME: _write_date_time,
    ValueTag.RESOLUTION: _write_resolution,
    ValueTag.RANGE_OF_INTEGER: _write_range,
    ValueTag.TEXT_WITH_LANGUAGE: _localized_writer(ValueTag.TEXT),
    ValueTag.NAME_WITH_LANGUAGE: _localized_writer(ValueTag.NAME),
    ValueTag.TEXT: _string_writer(ValueTag.TEXT, "utf-8"),
    ValueTag.NAME: _string_writer(ValueTag.NAME, "utf-8"),
    ValueTag.KEYWORD: _string_writer(ValueTag.KEYWORD, "ascii"),
    ValueTag.URI: _string_writer(ValueTag.URI, "ascii"),
    ValueTag.URI_SCHEME: _string_writer(ValueTag.URI_SCHEME, "ascii"),
    ValueTag.CHARSET: _string_writer(ValueTag.CHARSET, "ascii"),
    ValueTag.NATURAL_LANGUAGE: _string_writer(ValueTag.NATURAL_LANGUAGE, "ascii"),
    ValueTag.MIME_MEDIA_TYPE: _string_writer(ValueTag.MIME_MEDIA_TYPE, "ascii"),
}
