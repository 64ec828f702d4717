"""The index is the directory: it follows it, and shows nothing half (SPEC D1, D2)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from distserver.groups.check import check_directory
from distserver.groups.index import GroupIndex
from distserver.groups.scan import is_group_file
from distserver.groups.snapshot import Snapshot

WAIT = 30.0


def write(directory: Path, file: str, name: str, *lines: str) -> Path:
    path = directory / file
    path.write_text("\n".join([f"# {name}", f"# {file}", *lines, ""]))
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write(tmp_path, "all.rec", "all", "a.example; a", "b.example; b")
    write(tmp_path, "sales.rec", "sales", "a.example; a")
    return tmp_path


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def names(snapshot: Snapshot) -> list[str]:
    return [group.name for group in snapshot.groups]


def test_follows_edits_new_files_renames_and_removals(directory: Path) -> None:
    with GroupIndex(directory) as index:
        assert names(index.snapshot()) == ["all", "sales"]
        write(directory, "sales.rec", "sales", "a.example; a", "b.example; b")
        until(lambda: len(index.snapshot().find("sales").members) == 2)
        write(directory, "new.rec", "新しい")
        until(lambda: "新しい" in names(index.snapshot()))
        (directory / "new.rec").rename(directory / "other.rec")
        until(lambda: [group.file for group in index.snapshot().groups] == ["all.rec", "other.rec", "sales.rec"])
        (directory / "other.rec").unlink()
        until(lambda: names(index.snapshot()) == ["all", "sales"])


def test_follows_an_editor_that_writes_by_rename(directory: Path) -> None:
    with GroupIndex(directory) as index:
        (directory / "sales.rec").rename(directory / "sales.rec~")
        (directory / ".sales.rec.swp").write_bytes(b"\0\0")
        write(directory, "sales.rec", "sales anew", "b.example; b")
        until(lambda: names(index.snapshot()) == ["all", "sales anew"])


def test_at_the_next_request_without_a_thread(directory: Path) -> None:
    index = GroupIndex(directory)
    assert names(index.snapshot()) == ["all", "sales"]
    write(directory, "third.rec", "third")
    assert names(index.refresh()) == ["all", "sales", "third"]


@pytest.mark.parametrize("others", [0, 150])
def test_what_is_wrong_stands_in_the_log_however_many_files_there_are(
    directory: Path, others: int, caplog: pytest.LogCaptureFixture
) -> None:
    """D2: a bad line and a bad file are reported with file, line and reason."""
    for number in range(others):
        write(directory, f"g{number}.rec", f"g{number}")
    write(directory, "bad.rec", "bad", "no separator")
    (directory / "folder.rec").mkdir()
    GroupIndex(directory).refresh()
    told = [record.args for record in caplog.records if record.msg == "group-problem"]
    reasons = {(facts["file"], facts["line"]): facts["reason"] for facts in told if isinstance(facts, dict)}
    assert str(reasons["bad.rec", 3]).startswith("there is no ';'")
    assert str(reasons["folder.rec", 0]).startswith("this is a directory")


def test_an_edit_reads_one_file(directory: Path) -> None:
    for number in range(50):
        write(directory, f"g{number}.rec", f"g{number}")
    index = GroupIndex(directory)
    index.snapshot()
    before = index.reads
    write(directory, "g7.rec", "seven", "a.example; a")
    index.refresh()
    assert index.snapshot().find("g7").name == "seven"
    index.refresh()
    assert index.reads == before + 1


def test_a_file_in_the_middle_of_being_written_keeps_its_last_good_state(directory: Path) -> None:
    """The writer has the file open and is half way."""
    index = GroupIndex(directory)
    index.snapshot()
    with (directory / "all.rec").open("w") as stream:
        stream.write("# all\n# all.rec\na.example; a\n")
        stream.flush()
        for _ in range(5):
            assert len(index.refresh().find("all").members) == 2
            time.sleep(0.05)
        stream.write("b.example; b\nc.example; c\n")
    until(lambda: len(index.refresh().find("all").members) == 3)


def test_an_emptied_file_is_not_believed_at_once(directory: Path) -> None:
    index = GroupIndex(directory)
    index.snapshot()
    (directory / "all.rec").write_bytes(b"")
    assert len(index.refresh().find("all").members) == 2
    until(lambda: index.refresh().find("all").members == ())


def test_listeners_hear_of_each_change(directory: Path) -> None:
    heard: list[frozenset[str]] = []
    came = threading.Event()
    with GroupIndex(directory) as index:
        index.add_listener(lambda _snapshot, changed: (heard.append(changed), came.set())[0])
        write(directory, "sales.rec", "sales", "b.example; b")
        assert came.wait(WAIT)
    assert heard[0] == {"sales.rec"}


def test_a_failing_listener_does_not_end_the_following(directory: Path) -> None:
    def fail(_snapshot: Snapshot, _changed: frozenset[str]) -> None:
        raise RuntimeError("on purpose")

    with GroupIndex(directory) as index:
        index.add_listener(fail)
        write(directory, "one.rec", "one")
        until(lambda: "one" in names(index.snapshot()))
        write(directory, "two.rec", "two")
        until(lambda: "two" in names(index.snapshot()))


def test_a_directory_that_comes_later_or_comes_again(tmp_path: Path) -> None:
    directory = tmp_path / "groups"
    with GroupIndex(directory) as index:
        [problem] = index.snapshot().problems
        assert "cannot be read" in problem.reason
        for _ in range(2):
            directory.mkdir()
            path = write(directory, "all.rec", "all")
            until(lambda: names(index.snapshot()) == ["all"] and not index.snapshot().problems)
            path.unlink()
            directory.rmdir()
            until(lambda: names(index.snapshot()) == [])


def test_odd_entries_are_reported_and_harm_no_group(directory: Path) -> None:
    (directory / "folder.rec").mkdir()
    (directory / "nowhere.rec").symlink_to(directory / "missing")
    (directory / "link.rec").symlink_to(directory / "sales.rec")
    os.mkfifo(directory / "pipe.rec")
    Path(os.fsdecode(os.fsencode(directory) + b"/\xff.rec")).write_bytes(b"# x\n")
    (directory / "bad.rec").write_bytes("名\n".encode("utf-16"))
    snapshot = GroupIndex(directory).snapshot()
    told = {problem.file: problem.reason for problem in snapshot.all_problems}
    assert "a directory" in told["folder.rec"]
    assert "leads nowhere" in told["nowhere.rec"]
    assert "not a regular file" in told["pipe.rec"]
    assert "not UTF-8" in told["\ufffd.rec"]
    assert "UTF-16" in told["bad.rec"]
    assert "also that of" in told["link.rec"]
    assert len(snapshot.find("all").members) == 2


def test_an_unreadable_file_is_reported(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is the system's for a name that leads in a circle."""
    (directory / "loop.rec").symlink_to("loop.rec")
    told = {problem.file: problem.reason for problem in GroupIndex(directory).snapshot().all_problems}
    assert "loop.rec" in told


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.rec", True), (".a.rec", False), ("a.rec~", False), ("#a.rec#", False), (".rec", False), ("a.rec.bak", False)],
)
def test_backup_and_swap_files_are_no_groups(name: str, is_one: bool) -> None:
    assert is_group_file(name) is is_one


def test_check_tells_everything_by_file_and_line(directory: Path) -> None:
    """`distserver group check`."""
    (directory / "sales.rec").write_text("# sales\n# sales.rec\na.example; a\nbad line\nelse.example; e\n")
    (directory / "UPPER.REC").write_text("# x\n")
    found = [str(finding) for finding in check_directory(directory)]
    assert found[0].startswith("UPPER.REC: warning: the name ends in .REC")
    assert any(line.startswith("sales.rec: warning: 1 destination is not in all.rec: it cannot") for line in found)
    assert len(set(found)) == len(found)
    (directory / "demo.rec").write_text("# demonstration branches\n# demo.rec\nipp://127.0.0.1:1/; x\n")
    assert not any(finding.file == "demo.rec" for finding in check_directory(directory))
    assert any(line.startswith("sales.rec:4: error: there is no ';'") for line in found)
    assert len(found) == 3


def test_the_samples_have_no_fault() -> None:
    """The files that come with the program (figures 14 to 18 of the source document)."""
    samples = Path(__file__).parents[3] / "groups"
    assert check_directory(samples) == []
    snapshot = GroupIndex(samples).snapshot()
    assert {
        "all.rec": "all distribution destinations",
        "eigyou_all.rec": "all sales-related places",
        "eigyou_syo.rec": "all sales offices",
        "develop.rec": "product development-related places",
    }.items() <= {group.file: group.name for group in snapshot.groups}.items()
    osaka = snapshot.find_destination("devl1.osk.mei.co.jp")
    assert osaka.name == "development department, the Osaka branch"
    assert "develop.rec" not in [group.file for group in snapshot.groups_of(osaka.address.uri)]
