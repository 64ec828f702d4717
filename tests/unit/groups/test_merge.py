"""What a stale save undid is found, and what a person deleted stays deleted (SPEC D9, D10)."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.journal import Journal, Version, VersionKind
from distserver.groups.merge import Patience, judge_save, transplant

NOW = 1_000_000.0
PATIENCE = Patience()


def step(at: float, *, add: str = "", drop: str = "", kind: VersionKind | None = None) -> Version:
    kind = kind or (VersionKind.REGISTER if add else VersionKind.WITHDRAW)
    return Version("x.rec", at, kind, {u: f"{u}; n" for u in add}, {u: f"{u}; n" for u in drop}, f"{at}{add}{drop}")


def judged(present: str, *versions: Version, saved_at: float = NOW) -> tuple[set[str], set[str]]:
    verdict = judge_save(set(present), versions, saved_at, PATIENCE)
    return set(verdict.add), set(verdict.remove)


def test_a_registration_that_the_editor_had_not_seen_is_added_again() -> None:
    assert judged("", step(NOW - 1, add="r")) == ({"r"}, set())


def test_a_withdrawal_that_the_editor_had_not_seen_is_done_again() -> None:
    assert judged("w", step(NOW - 1, drop="w")) == (set(), {"w"})


def test_a_line_deleted_by_somebody_who_had_seen_it_stays_deleted() -> None:
    """The later registration in the save shows that the earlier one had been read."""
    assert judged("s", step(NOW - 2, add="r"), step(NOW - 1, add="s")) == (set(), set())


def test_a_line_deleted_long_after_stays_deleted() -> None:
    assert judged("", step(NOW - PATIENCE.stale - 1, add="r")) == (set(), set())


def test_a_line_deleted_once_more_stays_deleted() -> None:
    again = step(NOW - PATIENCE.again - 1, add="r", kind=VersionKind.AGAIN)
    assert judged("", step(NOW - 30, add="r"), step(NOW - 10, drop="r", kind=VersionKind.SAVE), again) == (set(), set())


def test_only_the_last_state_of_a_device_matters() -> None:
    assert judged("", step(NOW - 3, add="r"), step(NOW - 2, drop="r")) == (set(), set())
    assert judged("", step(NOW - 3, add="r"), step(NOW - 2, drop="r"), step(NOW - 1, add="r")) == ({"r"}, set())


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_whatever_version_the_editor_had_read_nothing_is_lost(seed: int, length: int) -> None:
    """Random histories; a save of any of its versions leads to the newest state."""
    chance = random.Random(seed)
    states: list[set[str]] = [set()]
    versions: list[Version] = []
    for number in range(length):
        device = chance.choice("abcdef")
        there = device in states[-1]
        versions.append(step(NOW - 50 + number, **{"drop" if there else "add": device}))
        states.append(states[-1] ^ {device})
    saved = chance.choice(states)
    verdict = judge_save(saved, versions, NOW, PATIENCE)
    assert (saved | set(verdict.add)) - set(verdict.remove) == states[-1]


def test_transplant_brings_an_edit_into_another_version() -> None:
    base = b"# n\na\nb\nc"
    edited = b"# n\n# note\na\nc"
    assert transplant(base, edited, b"# n\na\nb\nc\nd\n") == b"# n\n# note\na\nc\nd\n"


LINES = st.lists(st.integers(0, 60).map(lambda n: b"%d\n" % n), unique=True, max_size=20).map(b"".join)


@given(LINES, LINES)
def test_transplant_into_the_base_is_the_edit(base: bytes, edited: bytes) -> None:
    assert sorted(transplant(base, edited, base).splitlines()) == sorted(edited.splitlines())


@given(LINES, LINES, LINES)
def test_transplant_loses_no_line_that_either_side_added(base: bytes, edited: bytes, target: bytes) -> None:
    before, ours, theirs = (set(text.splitlines()) for text in (base, edited, target))
    merged = set(transplant(base, edited, target).splitlines())
    assert (ours - before) <= merged
    assert (theirs - before) - merged == set()


def test_journal_is_shared_and_compacted(tmp_path) -> None:  # type: ignore[no-untyped-def]
    one, other = Journal(tmp_path, keep=100), Journal(tmp_path, keep=100)
    one.append([step(NOW - 1000, add="r"), step(NOW, add="s")], NOW)
    assert [set(version.gained) for version in other.versions("x.rec")] == [{"r"}, {"s"}]
    with (tmp_path / ".journal").open("ab") as stream:
        stream.write(b'not json\n{"file": 1}\n{"file": "cut sho')
    assert len(other.versions("x.rec")) == 2
    (tmp_path / ".journal").unlink()
    big = Version("x.rec", NOW, VersionKind.REGISTER, {"r": "x" * 600_000}, {}, "")
    one.append([step(NOW - 1000, add="old"), big], NOW)
    assert [set(version.gained) for version in other.versions("x.rec")] == [{"r"}]
    assert other.files() == {"x.rec"}


def test_another_journal_at_the_inode_of_the_one_before_is_read_from_its_beginning(tmp_path: Path) -> None:
    """As after another process has compacted it twice."""
    one = Journal(tmp_path / "one", keep=100)
    (tmp_path / "one").mkdir()
    one.append([step(NOW - 10, add="r")], NOW)
    other = Journal(tmp_path / "one", keep=100)
    assert other.files() == {"x.rec"}
    (tmp_path / "two").mkdir()
    Journal(tmp_path / "two", keep=100).append([step(NOW, add="s"), step(NOW, add="t")], NOW)
    (tmp_path / "one" / ".journal").write_bytes((tmp_path / "two" / ".journal").read_bytes())
    assert [set(version.gained) for version in other.versions("x.rec")] == [{"s"}, {"t"}]


def test_a_line_that_only_moved_is_not_lost() -> None:
    """As when the save had lacked it, and it was put back at the end."""
    assert transplant(b"a\nb\nc\n", b"x\nb\nc\na\n", b"b\nc\na\n") == b"x\nb\nc\na\n"
