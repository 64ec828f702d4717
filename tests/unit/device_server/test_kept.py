"""What a device keeps of its server's answers."""

from __future__ import annotations

from pathlib import Path

from distwire.api.groups import GroupList, GroupSummary
from mfp_client.server.kept import Shelf

SALES = GroupList(groups=[GroupSummary(file="sales.rec", name="営業所", members=3, errors=0)])


def test_an_answer_is_kept_and_told_as_old(tmp_path: Path) -> None:
    fresh = Shelf(tmp_path / "server").put("groups", SALES)
    assert not fresh.stale
    kept = Shelf(tmp_path / "server").get("groups", GroupList)
    assert kept is not None
    assert kept.stale
    assert kept.value == SALES
    assert kept.as_of > 0


def test_nothing_is_kept_of_what_was_never_asked(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "server").get("groups", GroupList) is None


def test_a_damaged_file_is_as_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "server")
    shelf.put("groups", SALES)
    [file] = (tmp_path / "server").iterdir()
    file.write_text('{"groups": [{}]}')
    assert shelf.get("groups", GroupList) is None


def test_a_folder_that_cannot_be_written_keeps_no_one_waiting(tmp_path: Path) -> None:
    (tmp_path / "server").write_text("in the way")
    assert Shelf(tmp_path / "server").put("groups", SALES).value == SALES


def test_what_a_crash_left_half_written_goes_at_the_next_start(tmp_path: Path) -> None:
    Shelf(tmp_path / "server").put("groups", SALES)
    [file] = (tmp_path / "server").iterdir()
    file.with_name(f".{file.name}.0123456789abcdef").write_bytes(b"{")
    Shelf(tmp_path / "server")
    assert list((tmp_path / "server").iterdir()) == [file]


def test_names_of_groups_do_not_reach_the_disk_as_names(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "server")
    shelf.put("group ../../x.rec", SALES)
    assert [file.parent for file in (tmp_path / "server").iterdir()] == [tmp_path / "server"]
