"""What becomes of a task's orders and jobs when nobody looks at it any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mfp_client.works import watching
from mfp_client.works.person import Person
from mfp_client.works.tools import Tools
from mfp_client.works.wishes import read_wishes
from mfp_client.works.works import Works
from tests.support.device_works import office_settings
from tests.support.memory_pages import open_memory, store
from tests.support.patience import wait_until
from tests.support.scripted_server import ScriptedServer

ANNA = Person("anna")


@contextmanager
def _sending(home: Path, server: ScriptedServer) -> Iterator[Works]:
    """Works whose task sends a stored document."""
    with open_memory(home) as memory:
        stored = store(memory)
        works = Works(Tools(memory, office_settings(server.url, home / "feeder"), server, home))
        try:
            said = {"ids": [str(stored.id)], "groups": ["sales.rec"], "review": False}
            works.start(*read_wishes("distribute-file", said), ANNA)
            yield works
        finally:
            works.close()


def test_what_fails_of_a_job_whose_task_was_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SECONDS", 0.05)
    server = ScriptedServer()
    with _sending(tmp_path, server) as works:
        wait_until(lambda: works.need_task().step == "following")
        works.stop()
        server.aborted, server.state_of_jobs = 1, "aborted"
        wait_until(lambda: any(one.kind == "failed" for one in works.notices))
        [notice] = [one for one in works.notices if one.kind != "sent"]  # the task may be closed before that is told
        assert (notice.kind, notice.user, notice.title) == ("failed", "anna", "notice")
