"""Telephone numbers as people type them → `tel:` addresses (RFC 3966); anything else is left as it is."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

_TYPED = re.compile(r"\+?[0-9().\-/ ]*[0-9][0-9().\-/ ]*")
_BETWEEN = re.compile(r"[().\-/ ]")
_MOST_DIGITS = 15
"""Of a whole number with its country code (ITU-T E.164 §6)."""


def read_fax_address(typed: str) -> str:
    """`tel:+81312345678` for a number with its country code, `tel:` and the digits for one of the own network; else
    what was typed, which then is a name or an address of all.rec."""
    text = unicodedata.normalize("NFKC", typed).strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("tel", "fax"):
        text = rest
    if not _TYPED.fullmatch(text) or (not colon and _is_network_address(text)):
        return typed.strip()
    digits = _BETWEEN.sub("", text)
    return f"tel:{digits}" if len(digits.lstrip("+")) <= _MOST_DIGITS else typed.strip()


def _is_network_address(text: str) -> bool:
    """192.0.2.7 has the digits and dots of a number too."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
