"""In which encoding a group file was written, found from its bytes (SPEC D1).

Line ends, `#` and `;` are the same single bytes in UTF-8, Shift_JIS and EUC-JP and never part of another character
there, so lines are cut from bytes and each keeps its own.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_DECLARED = re.compile(rb"^[ \t]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_LEGACY = ("euc_jp", "cp932", "euc_jis_2004")
_LABELS = {"utf-8": "UTF-8", "cp932": "Shift_JIS", "euc_jp": "EUC-JP", "euc_jis_2004": "EUC-JP"}
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")
_ODD = re.compile("[\ue000-\uf8ff\u0370-\u03ff\u0400-\u04ff]")

# Characters that Windows' Shift_JIS and EUC-JP give different code points although people see one character.
_TWINS = {
    "\uff5e": "\u301c",
    "\uff0d": "\u2212",
    "\u2225": "\u2016",
    "\u2015": "\u2014",
    "\uffe0": "\u00a2",
    "\uffe1": "\u00a3",
    "\uffe2": "\u00ac",
}
TWINS = str.maketrans(_TWINS)
_TWINS_BACK = str.maketrans({value: key for key, value in _TWINS.items()})


class NotExpressible(ValueError):
    """The text has a character that the encoding lacks."""


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """A codec's name and whether the file begins with UTF-8's byte order mark."""

    codec: str = "utf-8"
    bom: bool = False

    @property
    def label(self) -> str:
        """The name people know it by."""
        return _LABELS[self.codec] + (" with BOM" if self.bom else "")

    @property
    def mark(self) -> bytes:
        """The bytes before the first line."""
        return codecs.BOM_UTF8 if self.bom else b""

    def widenings(self) -> tuple[TextEncoding, ...]:
        """This encoding, then those that read its files the same and can write more characters."""
        return (self, TextEncoding("euc_jis_2004")) if self.codec == "euc_jp" else (self,)

    def encode(self, text: str) -> bytes:
        """Bytes of `text`; raises `NotExpressible`, naming the character."""
        error: UnicodeEncodeError | None = None
        for variant in (text, text.translate(TWINS), text.translate(_TWINS_BACK)):
            try:
                return variant.encode(self.codec)
            except UnicodeEncodeError as failed:
                error = error or failed
        character = text[error.start] if error else ""
        raise NotExpressible(f"'{character}' cannot be written in {self.label}") from error


def detect_encoding(data: bytes) -> TextEncoding:
    """The encoding in which the fewest lines of `data` are unreadable.

    A comment such as `# -*- coding: euc-jp -*-` decides; else UTF-8 if it fits; else the Japanese encoding whose
    text looks more like Japanese.
    """
    if data.startswith(codecs.BOM_UTF8):
        return TextEncoding("utf-8", bom=True)
    declared = declared_codec(data)
    if declared is not None and _decodes(data, declared):
        return TextEncoding(declared)
    if _decodes(data, "utf-8"):
        return TextEncoding("utf-8")
    fitting = [codec for codec in _LEGACY if _decodes(data, codec)]
    if fitting:
        return TextEncoding(min(fitting, key=lambda codec: _strangeness(data.decode(codec))))
    lines = data.splitlines()
    return TextEncoding(min(("utf-8", *_LEGACY), key=lambda codec: sum(not _decodes(line, codec) for line in lines)))


def declared_codec(data: bytes) -> str | None:
    """The codec that a comment in the file's beginning names, if it is one of ours."""
    match = _DECLARED.search(data[:1024])
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except LookupError:
        return None
    return {"shift_jis": "cp932", "cp932": "cp932", "euc_jp": "euc_jp", "utf-8": "utf-8"}.get(name)


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _strangeness(text: str) -> int:
    """EUC-JP read as Shift_JIS is full of half-width kana; the other way round gives Greek, Cyrillic and gaps."""
    return 2 * len(_HALF_WIDTH_KANA.findall(text)) + len(_ODD.findall(text))
