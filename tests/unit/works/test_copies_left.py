"""What a crash leaves of a copy goes at a start (SPEC D12): nothing of it stays."""

from __future__ import annotations

from pathlib import Path

from mfp_client.memory.records import Draft
from mfp_client.works.copying import erase_passed
from tests.support.memory_pages import FAX, add_image, draw_page, files_of, open_memory


def test_a_copy_that_cannot_be_erased_now_goes_at_the_next_start(tmp_path: Path) -> None:
    """As when the program of before has not let go of it yet."""
    passing = tmp_path / "works" / "passing"
    passing.mkdir(parents=True)
    with open_memory(tmp_path) as before, open_memory(tmp_path) as memory:
        document = before.open(Draft("copy"))
        add_image(document, draw_page(), FAX)
        (passing / str(document.id)).touch()
        (passing / "12345678").touch()
        erase_passed(memory, tmp_path / "works")
        assert [one.name for one in passing.iterdir()] == [str(document.id)]
        document.leave()
        erase_passed(memory, tmp_path / "works")
        assert list(passing.iterdir()) == []
        assert files_of(tmp_path) == []
