"""Which media are in."""

from __future__ import annotations

from pathlib import Path

from mfp_client.memory.media import list_all, list_media, read_folders

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 8:17 / /media/anna/My\\040stick rw,nosuid shared:2 - vfat /dev/sdb1 rw
41 22 8:33 / /run/media/bob/DISC ro,nosuid shared:3 - iso9660 /dev/sr0 ro
42 22 8:49 / /mnt rw - ext4 /dev/sdd1 rw
43 22 0:30 / /media/share rw - nfs4 server:/share rw
44 22 8:65 / /srv/media/x rw - ext4 /dev/sde1 rw
half a line
"""


def test_media_are_what_is_mounted_for_writing_where_media_go() -> None:
    assert list(read_folders(MOUNTS)) == [Path("/media/anna/My stick"), Path("/mnt")]


def test_a_medium_that_is_gone_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text("40 22 8:17 / /media/no-such-stick rw - vfat /dev/sdb1 rw\n")
    assert list_media(tmp_path / "mounts") == []


def test_a_folder_stands_for_a_medium_as_long_as_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    assert folder not in [one.folder for one in list_all([str(folder)])]
    folder.mkdir()
    assert [one.same_disk for one in list_all([str(folder)]) if one.folder == folder] == [True]


def test_the_mounts_of_this_machine_can_be_read() -> None:
    assert all(medium.free >= 0 for medium in list_media())
