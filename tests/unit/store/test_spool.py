"""The spool keeps what was accepted, and nothing of what was not (D4)."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from distserver.errors import BadRequest, NoSpace
from distserver.store.spool import Spool


def test_an_upload_is_kept_under_its_digest(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=0)
    with spool.receive(limit=1 << 20) as upload:
        upload.write(b"one ")
        upload.write(b"two")
        upload.finish()
        digest = upload.keep()
    assert digest == hashlib.sha256(b"one two").hexdigest() == upload.digest
    assert spool.document_path(digest).read_bytes() == b"one two"
    assert not list(spool.incoming.iterdir())


def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=0)
    with pytest.raises(RuntimeError), spool.receive(limit=1 << 20) as upload:
        upload.write(b"half")
        raise RuntimeError("the connection broke")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_too_much_is_refused_while_it_arrives(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=0)
    with pytest.raises(BadRequest, match="larger than the 1 MB"), spool.receive(limit=1 << 20) as upload:
        upload.write(b"x" * (1 << 20))
        upload.write(b"x")
    assert not list(spool.incoming.iterdir())


def test_a_full_disk_refuses_before_anything_is_taken(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=1 << 40)
    with pytest.raises(NoSpace, match="free some space"):
        spool.receive(limit=1)


def test_old_broken_uploads_are_swept_and_fresh_ones_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path, reserve_mb=0)
    for name, age in (("old", 100.0), ("new", 1000.0)):
        (spool.incoming / name).write_bytes(b"x")
        os.utime(spool.incoming / name, (age, age))
    assert spool.sweep_incoming(older_than=500.0) == 1
    assert [path.name for path in spool.incoming.iterdir()] == ["new"]
