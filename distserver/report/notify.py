"""Which notices are mailed to whom, and in which words (SPEC N4). Pure.

A notice about a destination goes to the owners of all groups that have it; one about a destination whose groups name
nobody to the addresses of the setting `notice_mail`. Each address has one letter of everything that concerns it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from distserver.groups.snapshot import Group, Snapshot
from distserver.model.moments import show_moment
from distserver.model.notices import Notice, UntoldNotice
from distserver.report import phrases_en, words
from distserver.report.phrase import Phrase

_LONGEST_WORDS, _LONGEST_NAME, _LONGEST_SUBJECT = 400, 200, 150
_MOST_TOLD, _MOST_GROUPS = 100, 10
_BREAKS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_LETTER: Mapping[str, str] = phrases_en.LETTER

Holders = Mapping[str, Sequence[Group]]
"""Canonical addresses of destinations → the groups that have them, all.rec first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. `mark` is the same whenever the same notices are written to the same address; `keys` are theirs."""

    to: str
    subject: str
    text: str
    mark: str
    keys: tuple[int, ...]


def find_holders(untold: Iterable[UntoldNotice], snapshot: Snapshot) -> Holders:
    """The groups of all destinations that the notices are about, by one look at each group."""
    found: dict[str, list[Group]] = {one.notice.object: [] for one in untold}
    for group in snapshot.groups:
        for uri in found.keys() & group.by_uri.keys():
            found[uri].append(group)
    return found


def find_recipients(notice: Notice, holders: Holders, default: Sequence[str]) -> tuple[str, ...]:
    """The owners of the groups that have its destination, each once; `default` when there are none."""
    owners = (owner for group in holders[notice.object] for owner in group.owners)
    return tuple(dict.fromkeys(owners)) or tuple(dict.fromkeys(default))


def sort_notices(
    untold: Iterable[UntoldNotice], holders: Holders, default: Sequence[str]
) -> dict[str, list[UntoldNotice]]:
    """What each address is still to be told."""
    found: dict[str, list[UntoldNotice]] = {}
    for one in untold:
        for address in find_recipients(one.notice, holders, default):
            if address not in one.reached:
                found.setdefault(address, []).append(one)
    return found


def write_letter(to: str, told: Sequence[UntoldNotice], holders: Holders, url: str) -> Letter:
    """The letter that tells `to` of these notices; `url` is where the board is."""
    mine = {group.file for one in told for group in holders[one.notice.object] if to in group.owners}
    blocks = [_describe(one.notice, holders[one.notice.object], mine) for one in told[:_MOST_TOLD]]
    if len(told) > _MOST_TOLD:
        blocks.append([_LETTER["more"].format(count=len(told) - _MOST_TOLD)])
    because = _LETTER["owner"].format(files=_enumerate(sorted(mine))) if mine else _LETTER["default"]
    tail = [_LETTER["look"].format(url=url), because]
    parts = [[_LETTER["head"].format(url=url)], *blocks, tail]
    text = "\n\n".join("\n".join(lines) for lines in parts) + "\n"
    return Letter(to, _make_subject(told, holders), text, _make_mark(to, told), tuple(one.key for one in told))


def tidy(text: str, most: int) -> str:
    """On one line: what a device says of itself, and what people call it, cannot look like anything else."""
    plain = "".join(" " if unicodedata.category(letter) in _BREAKS else letter for letter in text)
    line = " ".join(plain.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _make_subject(told: Sequence[UntoldNotice], holders: Holders) -> str:
    if len(told) == 1:
        only = told[0].notice
        return tidy(f"{_name_kind(only).says}: {_find_name(only, holders[only.object])}", _LONGEST_SUBJECT)
    kinds = Counter(_name_kind(one.notice).says for one in told)
    parts = ", ".join(f"{count} {says[:1].lower()}{says[1:]}" for says, count in kinds.items())
    count = len({one.notice.object for one in told})
    return tidy(_LETTER["many"].format(count=count, parts=parts) if count > 1 else parts, _LONGEST_SUBJECT)


def _describe(notice: Notice, groups: Sequence[Group], mine: Collection[str]) -> list[str]:
    kind, name = _name_kind(notice), _find_name(notice, groups)
    place = tidy(notice.object, _LONGEST_NAME)
    reason, _, said = notice.message.partition(": ")
    why = words.describe_reason(reason).sentence if reason else ""
    has = [group.name for group in groups if group.file in mine] or [group.name for group in groups]
    lines = [f"{kind.says}: {name}" + (f" ({place})" if place != name else ""), f"  {kind.todo}" if kind.todo else ""]
    lines.append("  " + _LETTER["when"].format(moment=show_moment(notice.at)))
    if why:
        back = notice.kind == "destination-returned"
        lines.append("  " + _LETTER["was" if back else "why"].format(why=tidy(why, _LONGEST_WORDS)))
    if said:
        lines.append("  " + _LETTER["said"].format(said=tidy(said, _LONGEST_WORDS)))
    if has:
        lines.append("  " + _LETTER["groups"].format(groups=_enumerate(has)))
    return [line for line in lines if line]


def _enumerate(names: Sequence[str]) -> str:
    shown = ", ".join(tidy(name, _LONGEST_NAME) for name in names[:_MOST_GROUPS])
    return shown + (" …" if len(names) > _MOST_GROUPS else "")


def _name_kind(notice: Notice) -> Phrase:
    return phrases_en.NOTICES.get(notice.kind) or Phrase(tidy(notice.kind, _LONGEST_NAME).replace("-", " "))


def _find_name(notice: Notice, groups: Sequence[Group]) -> str:
    named = (group.by_uri[notice.object].name for group in groups)
    return tidy(notice.name or next(named, notice.object), _LONGEST_NAME)


def _make_mark(to: str, told: Sequence[UntoldNotice]) -> str:
    facts = "\n".join([to, *(f"{one.key} {one.notice.at!r} {one.notice.object}" for one in told)])
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
