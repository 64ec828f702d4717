"""`Authentication-Results`, read as RFC 8601 §2.2 writes it: comments are nothing, what is quoted is one value.

Senders choose much of what stands in it (their return path, the `i=` of their signature), so that a reader who takes
quoted text for more than a value can be told anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r'[^\s()"=;]+')
_SPACE = re.compile(r"\s+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found: `dkim`, `pass`, and the properties that it is about, all in small letters."""

    method: str
    outcome: str
    properties: tuple[tuple[str, str], ...]

    def values(self, *names: str) -> list[str]:
        return [value for name, value in self.properties if name in names]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, `=` or `;` (`sign`); `glued` when nothing stands before it."""

    text: str
    sign: bool
    glued: bool


def read_results(field: str) -> tuple[str, list[Result]]:
    """The name of the server that says so, and its results; what is not understood is left out. Never raises."""
    clauses: list[list[_Piece]] = [[]]
    for piece in _cut(field):
        if piece.sign and piece.text == ";":
            clauses.append([])
        else:
            clauses[-1].append(piece)
    first = clauses[0]
    server = first[0].text if first and not first[0].sign else ""
    return server.lower(), [one for one in map(_read_clause, clauses[1:]) if one is not None]


def _read_clause(pieces: list[_Piece]) -> Result | None:
    pairs = list(_pair(pieces))
    if not pairs:
        return None
    (method, outcome), *rest = pairs
    return Result(method.partition("/")[0], outcome, tuple(rest))


def _pair(pieces: list[_Piece]) -> Iterator[tuple[str, str]]:
    """`name=value`, with or without spaces around the sign; the value goes on to the next space."""
    at = 0
    while at + 2 < len(pieces):
        name, equals, value = pieces[at : at + 3]
        if name.sign or not equals.sign or value.sign:
            at += 1
            continue
        at += 3
        text = value.text
        while at < len(pieces) and pieces[at].glued:
            text += pieces[at].text
            at += 1
        yield name.text.lower(), text.lower()


def _cut(field: str) -> Iterator[_Piece]:
    at, glued = 0, False
    while at < len(field):
        if field[at] == "(":
            at, glued = _skip_comment(field, at), False
        elif space := _SPACE.match(field, at):
            at, glued = space.end(), False
        elif quoted := _QUOTED.match(field, at):
            yield _Piece(_ESCAPED.sub(r"\1", quoted[1]), sign=False, glued=glued)
            at, glued = quoted.end(), True
        elif word := _WORD.match(field, at):
            yield _Piece(word[0], sign=False, glued=glued)
            at, glued = word.end(), True
        elif field[at] in "=;":
            yield _Piece(field[at], sign=True, glued=glued)
            at, glued = at + 1, True
        else:
            return  # a quotation mark that nothing closes, or a bracket: nobody knows what the rest is


def _skip_comment(field: str, at: int) -> int:
    """Behind a comment, which may hold others (RFC 5322 §3.2.2)."""
    depth = 0
    while at < len(field):
        if field[at] == "\\":
            at += 1
        elif field[at] == "(":
            depth += 1
        elif field[at] == ")":
            depth -= 1
        at += 1
        if depth == 0:
            break
    return at
