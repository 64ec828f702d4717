"""The documents hold together: links lead somewhere, decisions are numbered once, pages stand where they belong."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

from tests.support.sources import ROOT, project_files

FOLDERS = {"tutorial", "how-to", "reference", "explanation", "decisions", "images"}
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.M)


def _pages() -> tuple[Path, ...]:
    return tuple(path for path in project_files() if path.suffix == ".md")


def _prose(path: Path) -> str:
    return _FENCE.sub("", (ROOT / path).read_text(encoding="utf-8"))


def _anchors(path: Path) -> set[str]:
    """Anchors of a page's headings as GitHub makes them."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_prose(path)))
    return {heading.replace(" ", "-") for heading in kept}


def test_every_link_leads_somewhere() -> None:
    dead = []
    for page in _pages():
        for target in _LINK.findall(_CODE.sub("", _prose(page))):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, anchor = unquote(target).partition("#")
            file = (ROOT / page.parent / name).resolve() if name else ROOT / page
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
                dead.append(f"{page}: {target}")
    assert dead == []


def test_links_name_files_that_a_clone_has() -> None:
    """A link to a file that git ignores works on the writer's machine alone."""
    known = {ROOT / path for path in project_files()}
    known |= {parent for path in known for parent in path.parents}
    lost = []
    for page in _pages():
        for target in _LINK.findall(_CODE.sub("", _prose(page))):
            name = unquote(target).partition("#")[0]
            if (
                name
                and not re.match(r"[a-z][a-z0-9+.-]*:", name)
                and (ROOT / page.parent / name).resolve() not in known
            ):
                lost.append(f"{page}: {target}")
    assert lost == []


def test_decisions_are_numbered_once() -> None:
    names = [path.name for path in _pages() if path.parts[:2] == ("docs", "decisions") and path.name != "README.md"]
    assert [name for name in names if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name)] == []
    numbers = Counter(int(name[:4]) for name in names)
    assert [number for number, times in numbers.items() if times > 1] == []


def test_decisions_say_what_they_cost() -> None:
    """What was measured stands between, where something was."""
    parts = ("Context", "Choice", "What it costs")
    for page in _pages():
        if page.parts[:2] == ("docs", "decisions") and page.name != "README.md":
            text = (ROOT / page).read_text(encoding="utf-8")
            assert [part for part in parts if f"## {part}" not in text and f"**{part}" not in text] == [], page


def test_pages_stand_in_one_of_the_four_kinds() -> None:
    strays = [str(p) for p in _pages() if p.parts[0] == "docs" and len(p.parts) > 2 and p.parts[1] not in FOLDERS]
    assert strays == []


def test_every_page_begins_with_its_title() -> None:
    untitled = [str(page) for page in _pages() if not (ROOT / page).read_text(encoding="utf-8").startswith("# ")]
    assert untitled == []
