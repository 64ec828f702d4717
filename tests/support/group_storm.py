"""A storm over one group file: processes register and withdraw while an editor saves what it read a moment before.

Used by tests/integration/test_group_editing.py (short) and tests/bench/groups.py (long). Processes are real, files are
real; nothing is told to the server's side about the editor.
"""

from __future__ import annotations

import itertools
import multiprocessing
import random
import threading
import time
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path

from distserver.groups.edit import GroupChange, GroupEditor
from distserver.groups.index import GroupIndex
from distserver.groups.recfile import parse_recfile
from distserver.groups.snapshot import Snapshot
from distserver.model.address import parse_address

FILE = "eigyou_all.rec"
FIXED = 200
ENOUGH_SAVES = 5
STYLES = ("in-place", "rename")
ENCODINGS = {"UTF-8": "utf-8", "UTF-8 with BOM": "utf-8-sig", "Shift_JIS": "cp932", "EUC-JP": "euc_jp"}


@dataclass(frozen=True)
class Storm:
    """What to do: `operations` in all, by `processes` × `threads`, against an editor of this `style`."""

    directory: Path
    encoding: str
    style: str
    operations: int
    processes: int = 2
    threads: int = 3
    devices: int = 4
    seed: int = 1

    @property
    def path(self) -> Path:
        return self.directory / FILE


@dataclass
class Damage:
    """What came of it; everything but `saves`, `restored` and `seconds` should be empty."""

    saves: int = 0
    restored: int = 0
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)
    lost_edits: list[str] = field(default_factory=list)
    lost_lines: list[str] = field(default_factory=list)
    wrong_devices: list[str] = field(default_factory=list)
    half_files: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not (self.errors or self.lost_edits or self.lost_lines or self.wrong_devices or self.half_files)


def fixed_line(number: int) -> str:
    return f"fixed{number}.hqs.mei.co.jp; 本社 営業{number}課"


def device(worker: int, number: int) -> str:
    return f"mfp{number}.w{worker}.osk.mei.co.jp"


def raise_storm(storm: Storm) -> Damage:
    """Run it, and compare the end with what must be there."""
    _write_files(storm)
    context = multiprocessing.get_context("spawn")
    calm, busy = context.Event(), context.Event()
    results = context.Queue()
    saves = context.Queue()
    editor = context.Process(target=_edit, args=(storm, calm, busy, saves))
    workers = [context.Process(target=_work, args=(storm, number, busy, results)) for number in range(storm.processes)]
    damage = Damage()
    with GroupIndex(storm.directory) as index:
        index.add_listener(lambda snapshot, _changed: _look_for_halves(snapshot, damage))
        server = GroupEditor(storm.directory, lambda change: _count_restored(change, damage), index=index)
        began = time.monotonic()
        for process in (editor, *workers):
            process.start()
        wanted: dict[str, bool] = {}
        for _ in workers:
            state, errors = results.get(timeout=300)
            wanted |= state
            damage.errors += errors
        damage.seconds = time.monotonic() - began
        for process in workers:
            process.join(60)
        calm.set()
        edits = saves.get(timeout=60)
        editor.join(60)
        server.restore()
    damage.saves = len(edits)
    _compare(storm, damage, wanted, edits)
    return damage


def _write_files(storm: Storm) -> None:
    lines = [fixed_line(number) for number in range(FIXED)]
    devices = [
        f"{device(worker, number)}; 大阪支社 開発部 {worker}-{number}"
        for worker in range(storm.processes * storm.threads)
        for number in range(storm.devices)
    ]
    everything = "\n".join(["# all distribution destinations", "# all.rec", *lines, *devices, ""])
    (storm.directory / "all.rec").write_bytes(everything.encode(storm.encoding))
    group = "\r\n".join(["# 営業関係全部", f"# {FILE}", "", *lines, ""])
    storm.path.write_bytes(group.encode(storm.encoding))


def _work(storm: Storm, process: int, busy: Event, results: multiprocessing.Queue[object]) -> None:
    """Each thread owns its devices, so the state it left them in is the state that must be found.

    It goes on beyond its share until the editor has saved a few times, or the two would hardly meet.
    """
    share = storm.operations // (storm.processes * storm.threads)
    wanted: dict[str, bool] = {}
    errors: list[str] = []
    editor = GroupEditor(storm.directory, lambda _change: None)

    def run(worker: int) -> None:
        chance = random.Random(storm.seed * 1000 + worker)
        for number in itertools.count():
            if number >= share and busy.is_set():
                break
            address = device(worker, chance.randrange(storm.devices))
            register = not wanted.get(address, False)
            try:
                (editor.register if register else editor.withdraw)(FILE, address, who="storm")
            except Exception as error:
                errors.append(f"{address}: {error!r}")
            else:
                wanted[address] = register

    numbers = range(process * storm.threads, (process + 1) * storm.threads)
    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((wanted, errors))


def _edit(storm: Storm, calm: Event, busy: Event, saves: multiprocessing.Queue[object]) -> None:
    """A person in a hurry: read, think up to 30 ms, save what was read with one more line."""
    chance = random.Random(storm.seed)
    edits: list[str] = []
    while not calm.is_set():
        text = storm.path.read_bytes()
        mark = f"# 編集 {len(edits)}"
        cut = text.index(b"\r\n\r\n") + 4
        new = text[:cut] + f"{mark}\r\n".encode(storm.encoding.removesuffix("-sig")) + text[cut:]
        time.sleep(chance.random() * 0.03)
        (_save_in_place if storm.style == "in-place" else _save_by_rename)(storm.path, new)
        edits.append(mark)
        if len(edits) == ENOUGH_SAVES:
            busy.set()
        time.sleep(chance.random() * 0.04)
    saves.put(edits)


def _save_in_place(path: Path, data: bytes) -> None:
    """Truncate and write, in two parts with a pause between."""
    with path.open("wb", buffering=0) as stream:
        stream.write(data[: len(data) // 2])
        time.sleep(0.001)
        stream.write(data[len(data) // 2 :])


def _save_by_rename(path: Path, data: bytes) -> None:
    """Write another file and give it the name."""
    fresh = path.with_suffix(".rec~new")
    fresh.write_bytes(data)
    fresh.replace(path)


def _look_for_halves(snapshot: Snapshot, damage: Damage) -> None:
    group = snapshot.find(FILE)
    members = group.by_uri
    missing = [n for n in range(FIXED) if parse_address(fixed_line(n).split(";")[0]).uri not in members]
    if missing or group.errors:
        damage.half_files.append(f"{len(missing)} lines missing, {len(group.errors)} errors")


def _count_restored(change: GroupChange, damage: Damage) -> None:
    damage.restored += change.action == "again"


def _compare(storm: Storm, damage: Damage, wanted: dict[str, bool], edits: list[str]) -> None:
    rec = parse_recfile(storm.path.read_bytes(), FILE)
    there = [line.text for line in rec.lines]
    damage.lost_edits = [mark for mark in edits if there.count(mark) != 1]
    damage.lost_lines = [fixed_line(n) for n in range(FIXED) if there.count(fixed_line(n)) != 1]
    for address, present in wanted.items():
        found = len(rec.lines_of(parse_address(address).uri))
        if found != int(present):
            damage.wrong_devices.append(f"{address}: {found} lines instead of {int(present)}")
    if rec.errors or rec.name != "営業関係全部":
        damage.errors.append(f"the file does not read well: {rec.problems}")
