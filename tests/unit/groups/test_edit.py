"""Registering and withdrawing as devices ask for it (SPEC D9, D10)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from distserver.errors import BadRequest, Conflict, LaterError, NotFound, SetupError
from distserver.groups import swap as swap_module
from distserver.groups.edit import GroupChange, GroupEditor
from distserver.groups.filewhole import Writers, hold_lease, read_once
from distserver.groups.swap import read_settled, swap

OSAKA = "devl1.osk.mei.co.jp"
LINE = "devl1.osk.mei.co.jp; development department, the Osaka branch"


@pytest.fixture
def changes() -> list[GroupChange]:
    return []


@pytest.fixture
def editor(tmp_path: Path, changes: list[GroupChange]) -> GroupEditor:
    (tmp_path / "all.rec").write_text(
        "# all distribution destinations\n# all.rec\n"
        f"{LINE}; user=u secret=s\nipps://far.example:8631/ipp/print; far away\npc:desk; 机\n"
    )
    (tmp_path / "develop.rec").write_bytes(b"# product development-related places\r\n# develop.rec\r\n")
    return GroupEditor(tmp_path, changes.append, clock=lambda: 12.5)


def test_register_adds_the_line_of_all_rec(editor: GroupEditor, changes: list[GroupChange]) -> None:
    """D9, as in the source: the Osaka branch registers with product development."""
    answer = editor.register("product development-related places", OSAKA, who="token:mfp320")
    assert (answer.changed, answer.file, answer.destination.name) == (
        True,
        "develop.rec",
        "development department, the Osaka branch",
    )
    data = (editor.directory / "develop.rec").read_bytes()
    assert data == b"# product development-related places\r\n# develop.rec\r\n" + LINE.encode() + b"\r\n"
    [change] = changes
    assert (change.who, change.action, change.at, change.before, change.after) == (
        "token:mfp320",
        "register",
        12.5,
        "",
        LINE,
    )


def test_twice_makes_no_second_line(editor: GroupEditor, changes: list[GroupChange]) -> None:
    editor.register("develop", OSAKA, who="x")
    before = (editor.directory / "develop.rec").read_bytes()
    answer = editor.register("develop.rec", OSAKA.upper() + ".", who="x")
    assert not answer.changed
    assert "already" in answer.message
    assert (editor.directory / "develop.rec").read_bytes() == before
    assert len(changes) == 1


def test_withdraw_removes_the_line_and_twice_is_no_error(editor: GroupEditor, changes: list[GroupChange]) -> None:
    """D10."""
    before = (editor.directory / "develop.rec").read_bytes()
    editor.register("develop", OSAKA, who="x")
    assert editor.withdraw("develop", OSAKA, who="x").changed
    assert (editor.directory / "develop.rec").read_bytes() == before
    answer = editor.withdraw("develop", OSAKA, who="x")
    assert not answer.changed
    assert "was not in" in answer.message
    assert [change.action for change in changes] == ["register", "withdraw"]


def test_a_device_that_is_no_longer_in_all_rec_can_withdraw(editor: GroupEditor) -> None:
    with (editor.directory / "develop.rec").open("ab") as stream:
        stream.write(b"gone.example; gone\r\n")
    assert editor.withdraw("develop", "gone.example", who="x").changed


def test_not_in_all_rec_says_what_to_do(editor: GroupEditor) -> None:
    with pytest.raises(NotFound) as caught:
        editor.register("develop", "new.example", who="x")
    assert "'new.example' is not in all.rec: ask the administrator to add the line 'new.example; NAME' to" in str(
        caught.value
    )
    assert str(editor.directory / "all.rec") in str(caught.value)


def test_a_line_just_added_to_all_rec_counts(editor: GroupEditor) -> None:
    with pytest.raises(NotFound):
        editor.register("develop", "new.example", who="x")
    with (editor.directory / "all.rec").open("a") as stream:
        stream.write("new.example; new\n")
    assert editor.register("develop", "new.example", who="x").changed


@pytest.mark.parametrize(
    ("group", "device", "error"),
    [
        ("all", OSAKA, Conflict),
        ("nobody", OSAKA, NotFound),
        ("develop", "not an address", BadRequest),
    ],
)
def test_refusals(editor: GroupEditor, group: str, device: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        editor.register(group, device, who="x")


def test_a_device_is_known_by_its_domain_name_or_its_address(editor: GroupEditor) -> None:
    assert editor.register("develop", "far.example", who="x").destination.name == "far away"
    assert editor.register("develop", "pc:DESK", who="x").destination.name == "机"
    text = (editor.directory / "develop.rec").read_text()
    assert "ipps://far.example:8631/ipp/print; far away" in text
    assert editor.withdraw("develop", "far.example", who="x").changed


def test_a_name_that_the_file_cannot_hold_is_refused(editor: GroupEditor, tmp_path: Path) -> None:
    (tmp_path / "sjis.rec").write_bytes("# 営業\n# sjis.rec\n".encode("cp932"))
    with (tmp_path / "all.rec").open("a") as stream:
        stream.write("odd.example; 😀\n")
    with pytest.raises(Conflict, match="cannot be written in Shift_JIS"):
        editor.register("sjis", "odd.example", who="x")


def test_mode_and_owner_stay_and_no_temporary_file_does(editor: GroupEditor) -> None:
    path = editor.directory / "develop.rec"
    path.chmod(0o664)
    before = path.stat()
    editor.register("develop", OSAKA, who="x")
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o664
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert {entry.name for entry in editor.directory.iterdir()} == {"all.rec", "develop.rec", ".lock", ".journal"}


def test_a_symbolic_link_stays_one(editor: GroupEditor, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (editor.directory / "develop.rec").rename(tmp_path / "real" / "develop.rec")
    (editor.directory / "develop.rec").symlink_to("real/develop.rec")
    assert editor.register("develop", OSAKA, who="x").changed
    assert (editor.directory / "develop.rec").is_symlink()
    assert LINE in (tmp_path / "real" / "develop.rec").read_text()


def test_a_stale_save_is_made_good_by_the_next_edit_or_by_restore(
    editor: GroupEditor, changes: list[GroupChange]
) -> None:
    editor = GroupEditor(editor.directory, changes.append)
    path = editor.directory / "develop.rec"
    stale = path.read_bytes()
    editor.register("develop", OSAKA, who="x")
    path.write_bytes(stale + b"# a note\r\n")
    editor.register("develop", "far.example", who="x")
    assert path.read_text().count(LINE) == 1
    path.write_bytes(stale + b"# a note\r\n# and one more\r\n")
    assert editor.restore() == 2
    text = path.read_text()
    assert "# and one more" in text
    assert LINE in text
    assert [change.action for change in changes] == ["register", "again", "register", "again", "again"]
    assert editor.restore() == 0


def test_a_group_file_that_goes_away_is_told(editor: GroupEditor) -> None:
    editor.register("develop", OSAKA, who="x")
    editor.register("develop", "far.example", who="x")
    (editor.directory / "develop.rec").unlink()
    assert editor.restore() == 0
    with pytest.raises(NotFound):
        editor.register("develop", "pc:desk", who="x")


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    editor = GroupEditor(tmp_path / "none", lambda _change: None)
    with pytest.raises(NotFound):
        editor.register("develop", OSAKA, who="x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_told(editor: GroupEditor) -> None:
    editor.directory.chmod(0o555)
    try:
        with pytest.raises(SetupError, match="let this user write"):
            editor.register("develop", OSAKA, who="x")
    finally:
        editor.directory.chmod(0o755)


def test_a_file_that_stays_open_for_writing_is_waited_for_and_then_left_alone(
    editor: GroupEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap_module, "PATIENCE", 0.1)
    path = editor.directory / "develop.rec"
    editor.register("develop", "far.example", who="x")
    before = path.read_bytes()
    with path.open("ab"), pytest.raises(LaterError, match="being written by another program"):
        editor.register("develop", OSAKA, who="x")
    assert path.read_bytes() == before


def test_leases_tell_writers(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(b"# x\n")
    reading = read_once(path, 100)
    assert reading is not None
    assert reading.data == b"# x\n"
    with path.open("ab") as writer:
        assert read_once(path, 100) is None
        with path.open("rb") as reader, hold_lease(reader.fileno()) as writers:
            assert writers is Writers.SOME
        writer.write(b"y")


def test_swap_refuses_what_changed_since_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(b"one")
    reading = read_settled(path)
    path.write_bytes(b"two")
    assert not swap(path, reading, b"three").done
    assert path.read_bytes() == b"two"
    again = read_settled(path)
    other = tmp_path / "new"
    other.write_bytes(b"two")
    other.rename(path)
    assert swap(path, again, b"three").done, "another file with the same content is as good"
    assert path.read_bytes() == b"three"


def test_swap_without_the_exchange_of_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Network file systems and other systems: a plain rename."""
    monkeypatch.setattr(swap_module, "_exchange", lambda _first, _second: False)
    path = tmp_path / "x.rec"
    path.write_bytes(b"one")
    assert swap(path, read_settled(path), b"two").done
    assert path.read_bytes() == b"two"
