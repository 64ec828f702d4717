"""Telephone numbers: as people write them, as the world knows them (E.164), and as they are dialled from a country."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

_DIALLED = re.compile(r"[0-9*#]{1,40}\Z")
_PUNCTUATION = re.compile(r"[().\- ]")


class NumberError(ValueError):
    """It cannot be dialled; the message says what would be right."""


def normalise_number(written: str, country: str) -> str:
    """E.164 (`+81312345678`) of a number written in `country` (ISO 3166), or nationwide, or with its country code.

    What no country knows, an extension or a service with `*` and `#`, stays as it is, without its punctuation. Raises
    `NumberError`.
    """
    number = _parse(written, country)
    if number is None:
        return _plain(written)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def dial_number(written: str, country: str) -> str:
    """The digits that are dialled from `country`: nationwide within it, else over the international prefix.

    Raises `NumberError`.
    """
    number = _parse(written, country)
    if number is None:
        return _plain(written)
    said = phonenumbers.format_out_of_country_calling_number(number, country) if country else ""
    if not country or said.startswith("+"):
        return "+" + re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return re.sub(r"\D", "", said)


def _parse(written: str, country: str) -> PhoneNumber | None:
    """None for what is no number of the world's plan."""
    try:
        number = phonenumbers.parse(written, country or None)
    except NumberParseException as error:
        if written.strip().startswith("+"):
            raise NumberError(f"'{written}' is no telephone number: after + comes the country code") from error
        return None
    if phonenumbers.is_possible_number(number):
        return number
    if written.strip().startswith("+"):
        raise NumberError(f"'{written}' has too few or too many digits for a number of its country")
    return None


def _plain(written: str) -> str:
    plain = _PUNCTUATION.sub("", written)
    if not _DIALLED.match(plain):
        raise NumberError(f"'{written}' cannot be dialled: a number has digits, and + before a country code")
    return plain
