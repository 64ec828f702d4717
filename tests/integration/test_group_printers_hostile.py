"""Hostile clients of a whole server: each kind is answered as it should be and leaves nothing, while a well-behaved
client prints as ever (N1).

Speeds are compared with the same client's right before, and generously: what would fail here is a server that stands
still. `deploy/bench intake-hostile` tells the figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crowd import CROWDS
from tests.support.patience import wait_until
from tests.support.pressed import THREADS, Pressed, run_pressed
from tests.support.small_disk import may_mount, mount_small_disk

pytestmark = pytest.mark.real

AS_USUAL = 20.0
"""How many times slower a job may be: the crowd's own work is done on this machine too."""
MORE_THREADS = 8
"""Beside those for requests: the loop's, the watches over the group files and over the rules of destinations, asyncio's
own for looks at open jobs and at what subscribers are to hear."""
MORE_MB = 96
OF_THE_DISK = tuple(kind for kind in CROWDS if "disk" in kind)
_DISK_MB = 128
_LOOKERS = os.cpu_count() or 1
"""Children that look into documents, which stay for a while with a socket each."""


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressed]:
    with run_pressed(tmp_path_factory.mktemp("house") / "home") as made:
        yield made


@pytest.mark.parametrize("kind", [kind for kind in CROWDS if kind not in OF_THE_DISK])
def test_a_crowd_is_answered_and_nobody_else_notices(pressed: Pressed, kind: str) -> None:
    """N1: exact answers; then nothing is left in the spool, no socket, no file, no thread, no memory to speak of."""
    _meet(pressed, kind)


@pytest.mark.skipif(not may_mount(), reason="may not mount a small disk")
@pytest.mark.parametrize("kind", OF_THE_DISK)
def test_a_job_larger_than_the_disk_is_refused_and_small_ones_find_room(tmp_path: Path, kind: str) -> None:
    """N1, N7: server-error-temporary-error, and the disk is as empty as before."""
    with mount_small_disk(tmp_path / "disk", _DISK_MB) as disk:
        settings = {"spool_reserve_mb": 32, "max_document_mb": 1024}
        with run_pressed(disk.folder / "home", **settings) as pressed:
            _meet(pressed, kind)


def _meet(pressed: Pressed, kind: str) -> None:
    before, crowd = pressed.standing(), CROWDS[kind]
    met = pressed.meet(kind)
    print(f"{kind}: {met.answers}, {met.ratio:.2f} times as long, {len(met.during)} jobs")
    assert set(met.answers) <= crowd.answers
    assert sum(met.answers.values()) == crowd.count
    assert met.ratio < AS_USUAL
    wait_until(lambda: not pressed.incoming() and not pressed.standing().spool_files, pressed.incoming)
    wait_until(lambda: pressed.standing().sockets <= before.sockets + _LOOKERS, pressed.standing)
    after = pressed.standing()
    assert after.threads <= THREADS + MORE_THREADS, after
    assert after.memory_mb - before.memory_mb < MORE_MB, (before, after)
