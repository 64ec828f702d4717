"""The page on the image memory says what the code does."""

from __future__ import annotations

import re

from mfp_client.memory import errors
from mfp_client.memory.errors import MemoryFault
from tests.support.sources import ROOT

PAGE = (ROOT / "docs/reference/image-memory.md").read_text(encoding="utf-8")


def test_every_kind_of_error_is_told() -> None:
    kinds = {one.keyword for one in vars(errors).values() if isinstance(one, type) and issubclass(one, MemoryFault)}
    rows = re.findall(r"^\| (`[a-z`, -]+`) \|", PAGE.partition("| kind | when |")[2], re.MULTILINE)
    told = {kind for cell in rows for kind in re.findall(r"`([a-z-]+)`", cell)}
    assert kinds - {MemoryFault.keyword} <= told
