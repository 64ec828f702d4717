"""An editor that saves, reads or opens a group file in the very instant in which our version takes its place (SPEC D9).

The instants are microseconds long, so the tests stop the exchange of the two files in the middle and let the editor act
there. Everything else is real: the files, the leases, the journal.
"""

from __future__ import annotations

import errno
import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from distserver.groups import rewrite, swap
from distserver.groups.edit import GroupChange, GroupEditor
from distserver.groups.index import GroupIndex
from distserver.groups.journal import NAME as JOURNAL_NAME

FILE = "sales.rec"
DEVICE = "mfp1.osk.mei.co.jp"
LINE = f"{DEVICE}; 大阪 1"
BASE = "# 営業\r\n# sales.rec\r\n\r\na.mei.co.jp; 甲\r\nb.mei.co.jp; 乙\r\n"
WAIT = 30.0


@dataclass
class Desk:
    """A directory with one group, our editor of it, and what a person does between the steps of an exchange."""

    path: Path
    editor: GroupEditor
    leases: bool
    audit: list[GroupChange]
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    after: dict[int, Callable[[], None]] = field(default_factory=dict)
    calls: list[Path] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def save(self, text: str) -> None:
        """As most editors do: another file takes the name."""
        fresh = self.path.with_suffix(".rec~new")
        fresh.write_bytes(text.encode())
        fresh.replace(self.path)

    def add(self, text: str, line: str) -> str:
        """The text with one more line where people put them, in the middle."""
        return text.replace("\r\n\r\n", f"\r\n\r\n{line}\r\n")

    def open_now(self, act: Callable[[], None]) -> None:
        """Begin `act`, which opens the group file, in this instant: return when it is done or held off by our lease."""
        thread = threading.Thread(target=act, daemon=True)
        thread.start()
        self.threads.append(thread)
        deadline = time.monotonic() + WAIT
        inode = f":{self.path.stat().st_ino} "
        while thread.is_alive() and time.monotonic() < deadline:
            locks = Path("/proc/locks").read_text().splitlines()
            if any("BREAKING" in line and inode in line for line in locks):
                return
            time.sleep(0.001)

    def settle(self) -> None:
        """Let everybody come to an end who waits to open the file."""
        for thread in self.threads:
            thread.join(WAIT)
            assert not thread.is_alive()

    def finish(self) -> list[str]:
        """The lines of the file after all."""
        self.settle()
        self.editor.restore()
        return self.path.read_bytes().decode().splitlines()


@pytest.fixture(params=["lease", "no lease"])
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Desk:
    (tmp_path / FILE).write_bytes(BASE.encode())
    (tmp_path / "all.rec").write_bytes(f"# all\n# all.rec\n{LINE}\nmfp2.osk.mei.co.jp; 大阪 2\n".encode())
    audit: list[GroupChange] = []
    desk = Desk(tmp_path / FILE, GroupEditor(tmp_path, audit.append), request.param == "lease", audit)
    real = swap._exchange

    def exchange(first: Path, second: Path) -> bool:
        desk.calls.append(second)
        number = len(desk.calls)
        desk.before.pop(number, lambda: None)()
        done = real(first, second)
        desk.after.pop(number, lambda: None)()
        return done

    monkeypatch.setattr(swap, "_exchange", exchange)
    if not desk.leases:
        monkeypatch.setattr(swap, "hold_back", lambda _descriptor: nullcontext(False))
    return desk


def test_who_reads_our_version_before_it_gives_way_loses_nothing(desk: Desk) -> None:
    """He saves line 45, we displace that save, he reads our version, and goes on from there."""
    read: list[str] = []
    desk.before[1] = lambda: desk.save(desk.add(BASE, "# 45"))
    desk.after[1] = lambda: desk.open_now(lambda: read.append(desk.path.read_bytes().decode()))
    assert desk.editor.register(FILE, DEVICE, who="mfp1").changed
    desk.settle()
    desk.save(desk.add(read[0], "# 46"))
    lines = desk.finish()
    assert [lines.count(line) for line in ("# 45", "# 46", LINE)] == [1, 1, 1]
    assert [change.action for change in desk.audit if change.action != "again"] == ["register"]


def test_the_same_for_a_withdrawal_and_a_line_deleted_by_hand(desk: Desk) -> None:
    """Neither the withdrawn line comes back, nor the one that the editor deleted."""
    desk.editor.register(FILE, DEVICE, who="mfp1")
    base = desk.path.read_bytes().decode()
    read: list[str] = []
    desk.calls.clear()
    desk.before[1] = lambda: desk.save(desk.add(base, "# 45").replace("b.mei.co.jp; 乙\r\n", ""))
    desk.after[1] = lambda: desk.open_now(lambda: read.append(desk.path.read_bytes().decode()))
    assert desk.editor.withdraw(FILE, DEVICE, who="mfp1").changed
    desk.settle()
    desk.save(desk.add(read[0], "# 46"))
    lines = desk.finish()
    assert [lines.count(line) for line in ("# 45", "# 46", LINE, "b.mei.co.jp; 乙")] == [1, 1, 0, 0]


def test_who_waits_for_our_version_reads_the_save_byte_for_byte(tmp_path: Path, desk: Desk) -> None:
    """With a lease, nobody ever reads a version that has to give way; without, it is a whole one."""
    read: list[str] = []
    save = desk.add(BASE, "# 45") + "# " + 9000 * "長" + "\r\n"
    desk.before[1] = lambda: desk.save(save)
    desk.after[1] = lambda: desk.open_now(lambda: read.append(desk.path.read_bytes().decode()))
    desk.editor.register(FILE, DEVICE, who="mfp1")
    assert desk.finish().count(LINE) == 1
    assert read == [save if desk.leases else f"{BASE}{LINE}\r\n"]


def test_a_save_written_into_our_version_while_it_gives_way_is_not_lost(desk: Desk) -> None:
    """Two people: one saves by rename, the other writes into the file that he finds, which is ours for an instant."""
    desk.before[1] = lambda: desk.save(desk.add(BASE, "# 45"))
    desk.after[1] = lambda: desk.open_now(lambda: desk.path.write_bytes(desk.add(BASE, "# other").encode()))
    assert desk.editor.register(FILE, DEVICE, who="mfp1").changed
    lines = desk.finish()
    assert [lines.count(line) for line in ("# 45", "# other", LINE)] == [1, 1, 1]


def test_several_saves_in_the_same_instant_are_merged(desk: Desk) -> None:
    """While the first save gets its place back, a second takes it, and a third that of the second; somebody reads."""
    read: list[str] = []
    desk.before[1] = lambda: desk.save(desk.add(BASE, "# 45"))
    desk.before[2] = lambda: desk.save(desk.add(BASE, "# 46"))
    desk.after[2] = lambda: desk.open_now(lambda: read.append(desk.path.read_bytes().decode()))
    desk.before[3] = lambda: desk.save(desk.add(BASE, "# 47"))
    assert desk.editor.register(FILE, DEVICE, who="mfp1").changed
    desk.settle()
    desk.save(desk.add(read[0], "# 48"))
    lines = desk.finish()
    assert [lines.count(line) for line in ("# 45", "# 46", "# 47", "# 48", LINE)] == [1, 1, 1, 1, 1]


def test_the_index_waits_until_a_version_is_settled(desk: Desk) -> None:
    """A file that is held back keeps its last good state; it is not reported as unreadable."""
    index = GroupIndex(desk.path.parent)
    before = index.snapshot().find(FILE)
    states: list[object] = []
    desk.after[1] = lambda: states.append(index.refresh().find(FILE))
    desk.editor.register(FILE, DEVICE, who="mfp1")
    [state] = states
    assert state == before
    assert index.refresh().find(FILE).errors == ()


def test_a_group_that_is_being_written_when_first_looked_at_is_found(desk: Desk) -> None:
    """Not read yet is not the same as not there."""
    index = GroupIndex(desk.path.parent)
    editor = GroupEditor(desk.path.parent, desk.audit.append, index=index)
    with desk.path.open("ab") as writer:
        assert FILE not in index.refresh().by_file
        timer = threading.Timer(0.2, writer.close)
        timer.start()
        assert editor.register(FILE, DEVICE, who="mfp1").changed
        timer.join(WAIT)


def test_a_full_disk_leaves_our_version_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for it then reads what stood there, never half a save."""

    def refuse(_descriptor: int, _start: int, _size: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(swap.os, "posix_fallocate", refuse)
    path = tmp_path / FILE
    path.write_bytes(b"ours")
    with path.open("r+b") as stream:
        assert not swap._refill(stream.fileno(), b"a longer save")
        assert path.read_bytes() == b"ours"
        assert swap._refill(stream.fileno(), b"new")
    assert path.read_bytes() == b"new"


def test_an_edit_that_takes_long_to_get_through_loses_nothing(desk: Desk) -> None:
    """What is only meant to be done again cannot have been deleted on purpose, however much later the next save is."""
    desk.editor.register(FILE, DEVICE, who="mfp1")
    desk.calls.clear()

    def save_much_later() -> None:
        desk.save(desk.add(desk.add(desk.add(BASE, "# 45"), "# 46"), "# 47"))
        later = time.time() + 8.0
        os.utime(desk.path, (later, later))

    desk.before[1] = lambda: desk.save(desk.add(BASE, "# 45"))
    desk.before[2] = lambda: desk.save(desk.add(desk.add(BASE, "# 45"), "# 46"))
    desk.after[3] = save_much_later
    desk.editor.register(FILE, "mfp2.osk.mei.co.jp", who="mfp2")
    lines = desk.finish()
    assert [lines.count(line) for line in ("# 45", "# 46", "# 47", LINE)] == [1, 1, 1, 1]


@pytest.mark.parametrize("desk", ["no lease"], indirect=True)
def test_whatever_the_order_of_reading_and_saving(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One editor reads and saves at random at every seam of our edits, far more often than any could."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    devices = [f"mfp{number}.osk.mei.co.jp" for number in range(4)]
    lines = "".join(f"{device}; {device}\n" for device in devices)
    (desk.path.parent / "all.rec").write_text(f"# all\n# all.rec\n{lines}")
    for seed in range(80):
        desk.path.write_bytes(BASE.encode())
        (desk.path.parent / JOURNAL_NAME).unlink(missing_ok=True)
        desk.editor = GroupEditor(desk.path.parent, desk.audit.append)
        wanted, marks = _edit_at_random(desk, devices, random.Random(seed))
        there = desk.finish()
        assert {mark: there.count(mark) for mark in marks} == dict.fromkeys(marks, 1), seed
        found = {device: there.count(f"{device}; {device}") for device in wanted}
        assert found == {device: int(present) for device, present in wanted.items()}, seed


def _edit_at_random(desk: Desk, devices: list[str], chance: random.Random) -> tuple[dict[str, bool], list[str]]:
    """Eight operations; returns which devices are to be in the group, and the lines that the editor added."""
    read: list[str] = []
    marks: list[str] = []
    often = chance.choice([0.1, 0.3, 0.5])

    def act() -> None:
        if chance.random() > often:
            return
        if not read:
            read.append(desk.path.read_bytes().decode())
        else:
            marks.append(f"# edit {len(marks)}")
            desk.save(desk.add(read.pop(), marks[-1]))

    def act_around(patch: pytest.MonkeyPatch, module: ModuleType, name: str, real: Callable[..., object]) -> None:
        def call(*values: object) -> object:
            act()
            result = real(*values)
            act()
            act()
            return result

        patch.setattr(module, name, call)

    wanted: dict[str, bool] = {}
    with pytest.MonkeyPatch.context() as patch:
        act_around(patch, swap, "_exchange", swap._exchange)
        act_around(patch, rewrite, "read_settled", rewrite.read_settled)
        for _ in range(8):
            device = chance.choice(devices)
            wanted[device] = not wanted.get(device, False)
            (desk.editor.register if wanted[device] else desk.editor.withdraw)(FILE, device, who="storm")
            act()
    return wanted, marks
