"""Values of attributes: a tag and its data, and a builder for each syntax (RFC 8011 §5.1).

The data of a value by its syntax: integer and enum `int`; boolean `bool`; rangeOfInteger `Range`; resolution
`Resolution`; dateTime an aware `datetime`; octetString `bytes`; textWithLanguage and nameWithLanguage `Localized`;
all other strings `str`; collection `Collection`; out-of-band `None`. Data of an unknown tag, and data that does not
fit its tag (devices send such), is the `bytes` that came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeAlias

from distwire.ipp.tags import ValueTag

DPI = 3
DPCM = 4


class Range(NamedTuple):
    """rangeOfInteger (RFC 8011 §5.1.14), both ends included."""

    lower: int
    upper: int


class Resolution(NamedTuple):
    """resolution (RFC 8011 §5.1.16): dots per `units`, which is 3 (inch) or 4 (centimetre)."""

    x: int
    y: int
    units: int = DPI


class Localized(NamedTuple):
    """textWithLanguage or nameWithLanguage (RFC 8011 §5.1.2.2)."""

    text: str
    language: str


class Composite:
    """What a collection is to this module, which knows no attributes; the one kind is `attributes.Collection`."""

    __slots__ = ()


Data: TypeAlias = int | bool | str | bytes | Range | Resolution | Localized | datetime | Composite | None


class Value(NamedTuple):
    """One value. `tag` is a `ValueTag`, or the number of a tag that we do not know."""

    tag: int
    data: Data

    @property
    def text(self) -> str | None:
        """The string in it (without its language), or None when this is no string."""
        if isinstance(self.data, Localized):
            return self.data.text
        return self.data if isinstance(self.data, str) else None


def cut_octets(string: str, octets: int) -> str:
    """The beginning of a string that has at most so many octets in UTF-8: each syntax has its limit (RFC 8011 §5.1)."""
    return string.encode()[:octets].decode("utf-8", "ignore")


UNSUPPORTED = Value(ValueTag.UNSUPPORTED, None)
UNKNOWN = Value(ValueTag.UNKNOWN, None)
NO_VALUE = Value(ValueTag.NO_VALUE, None)
NOT_SETTABLE = Value(ValueTag.NOT_SETTABLE, None)
DELETE_ATTRIBUTE = Value(ValueTag.DELETE_ATTRIBUTE, None)
ADMIN_DEFINE = Value(ValueTag.ADMIN_DEFINE, None)


def integer(number: int) -> Value:
    """integer: signed, 32 bits."""
    return Value(ValueTag.INTEGER, number)


def enum(number: int) -> Value:
    """enum: 1 and above."""
    return Value(ValueTag.ENUM, number)


def boolean(truth: bool) -> Value:
    """boolean."""
    return Value(ValueTag.BOOLEAN, truth)


def range_of(lower: int, upper: int) -> Value:
    """rangeOfInteger, both ends included."""
    return Value(ValueTag.RANGE_OF_INTEGER, Range(lower, upper))


def resolution(x: int, y: int, units: int = DPI) -> Value:
    """resolution, in dots per inch unless told otherwise."""
    return Value(ValueTag.RESOLUTION, Resolution(x, y, units))


def date_time(moment: datetime) -> Value:
    """dateTime: an aware moment; IPP keeps tenths of seconds."""
    return Value(ValueTag.DATE_TIME, moment)


def octets(data: bytes) -> Value:
    """octetString: at most 1023 bytes."""
    return Value(ValueTag.OCTET_STRING, data)


def text(string: str, language: str | None = None) -> Value:
    """textWithoutLanguage, or textWithLanguage when one is given: at most 1023 bytes of UTF-8."""
    if language is None:
        return Value(ValueTag.TEXT, string)
    return Value(ValueTag.TEXT_WITH_LANGUAGE, Localized(string, language))


def name(string: str, language: str | None = None) -> Value:
    """nameWithoutLanguage, or nameWithLanguage when one is given: at most 255 bytes of UTF-8."""
    if language is None:
        return Value(ValueTag.NAME, string)
    return Value(ValueTag.NAME_WITH_LANGUAGE, Localized(string, language))


def keyword(string: str) -> Value:
    """keyword: at most 255 ASCII characters."""
    return Value(ValueTag.KEYWORD, string)


def keywords(strings: Iterable[str]) -> tuple[Value, ...]:
    """One keyword each: `attribute("media-supported", *keywords(names))`."""
    return tuple(Value(ValueTag.KEYWORD, string) for string in strings)


def uri(string: str) -> Value:
    """uri: at most 1023 ASCII characters."""
    return Value(ValueTag.URI, string)


def uri_scheme(string: str) -> Value:
    """uriScheme: at most 63 ASCII characters."""
    return Value(ValueTag.URI_SCHEME, string)


def charset(string: str) -> Value:
    """charset, in practice `utf-8`."""
    return Value(ValueTag.CHARSET, string)


def natural_language(string: str) -> Value:
    """naturalLanguage, such as `en` or `ja`."""
    return Value(ValueTag.NATURAL_LANGUAGE, string)


def mime_type(string: str) -> Value:
    """mimeMediaType, such as `application/pdf`."""
    return Value(ValueTag.MIME_MEDIA_TYPE, string)
