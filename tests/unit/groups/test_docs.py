"""The pages about group files say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from distserver.groups.options import OPTIONS
from distserver.model.address import SCHEMES

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs/reference/group-files.md").read_text(encoding="utf-8")


def test_every_option_stands_in_the_reference_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.+?) \| `[\w-]+=.+?` \|$", REFERENCE, re.MULTILINE))
    assert rows == {key: rule.meaning for key, rule in OPTIONS.items()}
    for key, rule in OPTIONS.items():
        assert f"`{key}={rule.example}`" in REFERENCE


def test_every_kind_of_address_stands_in_the_reference() -> None:
    for scheme in SCHEMES:
        assert f"`{scheme}:" in REFERENCE, scheme
