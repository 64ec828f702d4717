"""A document that broke off, finished by another than the one who began it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfp_client.memory.records import Draft
from mfp_client.works.person import Person
from mfp_client.works.tools import Tools
from mfp_client.works.wishes import read_wishes
from mfp_client.works.works import Works
from tests.support.device_works import office_settings
from tests.support.memory_pages import ANNA, FAX, add_image, draw_page, open_memory
from tests.support.patience import wait_until
from tests.support.scripted_server import ScriptedServer


@pytest.mark.parametrize("keep", [True, False])
def test_what_was_scanned_before_anybody_had_to_log_in_is_sent_by_whoever_finishes_it(
    tmp_path: Path, keep: bool
) -> None:
    """It is everybody's, and stays so."""
    server = ScriptedServer()
    with open_memory(tmp_path) as memory:
        document = memory.open(Draft("notice"))
        add_image(document, draw_page(), FAX)
        document.leave()
        works = Works(Tools(memory, office_settings(server.url, tmp_path / "feeder"), server, tmp_path))
        try:
            said = {"unfinished": str(document.id), "groups": ["sales.rec"], "review": False}
            works.start(*read_wishes("distribute-document", {**said, "keep": keep}), Person("anna"))
            wait_until(lambda: works.need_task().step in ("following", "failed"))
            assert (works.need_task().step, works.need_task().error) == ("following", None)
            assert [one.draft.owner for one in memory.list_documents(ANNA)] == [""] * keep
        finally:
            works.close()
