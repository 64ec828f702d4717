"""A kind of destination costs six files at most, and none of the stages beside it (docs/how-to/add-a-channel.md)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from distserver.deliver.channels.absent import AbsentChannel
from distserver.deliver.registry import CHANNELS
from distserver.model.address import Channel
from tests.support.sources import ROOT, parse, python_files

MOST_FILES = 6
SHARED = ("distserver/model/address.py", "distserver/deliver/registry.py", "distserver/groups/options.py")
UNTOUCHED = ("jobs", "plan", "render", "report", "web")
_HOW_TO = (ROOT / "docs/how-to/add-a-channel.md").read_text(encoding="utf-8")


def own_files(kind: str) -> list[str]:
    """The files of a channel alone."""
    names = [path.name for path in Path("distserver/deliver/channels").glob("*.py")]
    return sorted(name for name in names if name == f"{kind}.py" or name.startswith(f"{kind}_"))


def mentions(path: Path, kind: str) -> list[int]:
    """Lines whose code speaks of this kind by name."""
    found = []
    for node in ast.walk(parse(path)):
        said = isinstance(node, ast.Attribute) and node.attr == kind.upper() and ast.unparse(node.value) == "Channel"
        word = isinstance(node, ast.Constant) and isinstance(node.value, str) and f"{kind}:" in node.value
        if said or word:
            found.append(node.lineno)  # type: ignore[attr-defined]
    return found


def test_webhook_costs_six_files_and_the_how_to_names_them() -> None:
    everywhere = [str(path) for path in python_files("distserver") if mentions(path, "webhook")]
    own = [f"distserver/deliver/channels/{name}" for name in own_files("webhook")]
    costs = sorted({*everywhere, *own})
    assert len(costs) <= MOST_FILES, costs
    assert costs == sorted(re.findall(r"^\| \d \| `(distserver/[\w/]+\.py)` \|", _HOW_TO, re.MULTILINE))
    assert set(costs) - set(own) <= set(SHARED)


@pytest.mark.parametrize("stage", UNTOUCHED)
def test_no_stage_knows_a_webhook(stage: str) -> None:
    assert [
        str(path) for path in python_files("distserver") if path.parts[1] == stage and mentions(path, "webhook")
    ] == []


@pytest.mark.parametrize("kind", [kind for kind in Channel if CHANNELS[kind] is not AbsentChannel])
def test_every_kind_has_its_file_and_its_page(kind: Channel) -> None:
    assert f"{kind}.py" in own_files(kind)
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/reference").glob("*.md")))
    assert f"`{kind}:" in pages or kind in (Channel.FAX, Channel.MAIL)
