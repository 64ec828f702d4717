"""What to do again after somebody saved a group file that they had read before our edits (SPEC D9, D10). Pure.

A text editor takes no lock: it reads a file, and seconds later writes what it read, with changes. What was registered
in between is then missing, and what was withdrawn is back. That is a three-way merge whose base is unknown; it is
found among the journal's versions as the one that explains the saved file with the fewest changes of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from distserver.groups.journal import Version, VersionKind

# Nobody types a line that a device registered, so a line in the save means that the editor had read it.
_TYPED = 4
_DELETED = 1


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. A change counts as unseen by an editor that saved within `stale` of it. What we did again and what
    vanishes once more later than `again` after that was deleted by a person, on purpose."""

    stale: float = 120.0
    again: float = 5.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`add` maps canonical addresses to lines that the save lost, `remove` to lines that it brought back."""

    add: dict[str, str]
    remove: dict[str, str]


def judge_save(present: Collection[str], versions: Sequence[Version], saved_at: float, patience: Patience) -> Verdict:
    """What the saved file lacks or has too much. `present` are its canonical addresses, `versions` those of the file,
    oldest first, `saved_at` its time of change in seconds since the epoch."""
    wanted, lines, settled = _sum_up(versions, saved_at, patience)
    base = _find_base(present, wanted, versions, saved_at - patience.stale)
    add: dict[str, str] = {}
    remove: dict[str, str] = {}
    for uri, want in wanted.items():
        has = uri in present
        if has == want or uri in settled or has != base[uri]:
            continue
        (add if want else remove)[uri] = lines[uri]
    return Verdict(add, remove)


def _sum_up(
    versions: Sequence[Version], saved_at: float, patience: Patience
) -> tuple[dict[str, bool], dict[str, str], set[str]]:
    """For each address: whether it should be there, its line, and whether that is too old to be unseen."""
    wanted: dict[str, bool] = {}
    lines: dict[str, str] = {}
    settled: set[str] = set()
    for version in versions:
        limit = patience.again if version.kind is VersionKind.AGAIN else patience.stale
        for there, changes in ((True, version.gained), (False, version.lost)):
            for uri, line in changes.items():
                wanted[uri] = there
                lines[uri] = line
                settled.discard(uri)
                if saved_at - version.at > limit:
                    settled.add(uri)
    return wanted, lines, settled


def _find_base(
    present: Collection[str], newest: dict[str, bool], versions: Sequence[Version], oldest: float
) -> dict[str, bool]:
    """Which of the addresses the version had that the editor read: the newest of those that explain the save best."""
    state = dict(newest)
    cost = sum(_cost(uri in present, there) for uri, there in state.items())
    best, best_at = cost, len(versions)
    for position in range(len(versions) - 1, -1, -1):
        version = versions[position]
        if version.at < oldest:
            break
        for there, changes in ((False, version.gained), (True, version.lost)):
            for uri in changes:
                cost += _cost(uri in present, there) - _cost(uri in present, state[uri])
                state[uri] = there
        if cost < best:
            best, best_at = cost, position
    state = dict(newest)
    for version in reversed(versions[best_at:]):
        state |= dict.fromkeys(version.gained, False) | dict.fromkeys(version.lost, True)
    return state


def _cost(has: bool, base: bool) -> int:
    if has == base:
        return 0
    return _TYPED if has else _DELETED


def transplant(base: bytes, edited: bytes, target: bytes) -> bytes:
    """`target` with the line changes that lead from `base` to `edited`.

    Lines are put after the one they followed; a line that `target` has already is not put twice, and one that `edited`
    only has elsewhere is not removed.
    """
    old, new, result = (text.splitlines(keepends=True) for text in (base, edited, target))
    for tag, start, end, new_start, new_end in reversed(_changes(old, new)):
        if tag in ("delete", "replace"):
            for line in old[start:end]:
                if line in result and line not in new:
                    result.remove(line)
        if tag in ("insert", "replace"):
            at = _place_after(result, old[:start])
            result[at:at] = [line for line in new[new_start:new_end] if not line.strip() or line not in result]
    return b"".join(_closed(result))


def _changes(old: list[bytes], new: list[bytes]) -> list[tuple[str, int, int, int, int]]:
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    matcher = SequenceMatcher(None, old[head:], new[head:], autojunk=False)
    return [
        (tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]


def _place_after(lines: list[bytes], before: list[bytes]) -> int:
    """Where in `lines` something belongs that stood after the last of `before`."""
    if not before:
        return 0
    for anchor in reversed(before):
        if anchor in lines:
            return len(lines) - lines[::-1].index(anchor)
    return len(lines)


def _closed(lines: list[bytes]) -> list[bytes]:
    """The lines with a line end wherever another line follows."""
    end = next((line[len(line.rstrip(b"\r\n")) :] for line in lines if line.endswith((b"\n", b"\r"))), b"\n")
    return [
        line if line.endswith((b"\n", b"\r")) or number == len(lines) else line + end
        for number, line in enumerate(lines, 1)
    ]
