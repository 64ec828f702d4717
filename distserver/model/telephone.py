"""Telephone numbers: as people write them, as the world knows them (E.164), and as they are dialled from a country."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber

_DIALLED = re.compile(r"[0-9*#]{1,40}\Z")
_KEYS = re.compile(r"[*#]")
_LONGEST_SERVICE = 8
_KEPT = 1 << 15
"""Numbers whose reading is kept: it takes longer than planning a delivery, and each job asks again."""
_PUNCTUATION = re.compile(r"[().\- ]")


class NumberError(ValueError):
    """It cannot be dialled; the message says what would be right."""


@lru_cache(_KEPT)
def normalise_number(written: str, country: str) -> str:
    """E.164 (`+81312345678`) of a number written in `country` (ISO 3166), or nationwide, or with its country code.

    What no country knows, an extension or a service with `*` and `#`, stays as it is, without its punctuation. Raises
    `NumberError`.
    """
    number = _parse(written, country)
    if number is None:
        return _plain(written)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(_KEPT)
def dial_number(written: str, country: str) -> str:
    """The digits that are dialled from `country`: nationwide within it, else over the international prefix.

    Raises `NumberError`.
    """
    number = _parse(written, country)
    if number is None:
        return _plain(written)
    if (
        country
        and number.country_code == phonenumbers.country_code_for_region(country)
        and not phonenumbers.is_valid_number(number)
    ):
        return _dial_nationwide(written, number, country)
    said = phonenumbers.format_out_of_country_calling_number(number, country) if country else ""
    if not country or said.startswith("+"):
        return "+" + re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return re.sub(r"\D", "", said)


def is_known(number: str) -> bool:
    """Whether it is a number of the world's plan (E.164) of a kind that its country has."""
    try:
        return number.startswith("+") and phonenumbers.is_valid_number(phonenumbers.parse(number))
    except NumberParseException:
        return False


def find_reached(dialled: str, country: str) -> tuple[str, ...]:
    """The numbers of the world's plan (E.164) at which a call may end where what is dialled from `country` is none of
    it: exchanges pass over digits that are too many, and take services and carriers before a number (`184`, `*67`).
    """
    starts = _find_starts(dialled, country)
    return tuple(dict.fromkeys(one for start in starts if (one := _cut(dialled[start:], country))))


def _find_starts(dialled: str, country: str) -> list[int]:
    """Where in it a number may begin: behind a service's digits after a `*` or `#`, else behind a carrier's."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country) if country else None
    if metadata is None:
        return []
    if _KEYS.match(dialled):
        return list(range(1, _LONGEST_SERVICE + 1))
    prefixes = [one for one in (metadata.national_prefix, metadata.international_prefix) if one]
    begins = re.compile("|".join(prefixes)) if prefixes else None
    return [0, *(at for at in range(1, _LONGEST_SERVICE + 1) if begins and begins.match(dialled, at))]


def _cut(dialled: str, country: str) -> str:
    """The number at its beginning, without digits that are too many; empty where there is none."""
    try:
        number = phonenumbers.parse(_KEYS.sub("", dialled), country)
    except NumberParseException:
        return ""
    if not phonenumbers.truncate_too_long_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _dial_nationwide(written: str, number: PhoneNumber, country: str) -> str:
    """What is of no kind that the plan knows, new ones among them: as it is written, else behind the usual prefix."""
    if not written.strip().startswith("+"):
        return phonenumbers.normalize_digits_only(written)
    prefix = phonenumbers.ndd_prefix_for_region(country, True) or ""
    return f"{prefix}{phonenumbers.national_significant_number(number)}"


def _parse(written: str, country: str) -> PhoneNumber | None:
    """None for what is no number of the world's plan."""
    if _KEYS.search(written):  # in a number they would be passed over, or begin an extension
        return None
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
