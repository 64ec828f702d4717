"""What windows say in Japanese of refusals (`refusals.js`) belongs to keywords that somebody tells."""

from __future__ import annotations

import re

from tests.support.sources import ROOT

_TOLD_BY = ("pc_client", "distwire/api", "distserver")


def test_every_keyword_with_words_in_japanese_is_told_by_a_program() -> None:
    table = (ROOT / "pc_client/desktop/static/refusals.js").read_text("utf-8")
    keywords = re.findall(r'^  "([a-z-]+)": "', table, re.MULTILINE)
    files = (path for folder in _TOLD_BY for path in (ROOT / folder).rglob("*.py"))
    said = "".join(path.read_text("utf-8") for path in files)
    assert len(keywords) > 30
    assert [one for one in keywords if f'"{one}"' not in said] == []
