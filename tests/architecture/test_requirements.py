"""What a clone installs is pinned to the last package, so that a clone of today runs tomorrow."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.lib import debian
from tests.support.sources import ROOT

LISTS = ("requirements.txt", "requirements-test.txt", "requirements-cups.txt")


def _lines(name: str) -> list[str]:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    return [line for raw in text.splitlines() if (line := raw.partition("#")[0].strip())]


def _pins(*names: str) -> dict[str, Requirement]:
    """Those that this machine gets: a package without wheels for every machine says so behind a semicolon."""
    found = (Requirement(line) for name in names for line in _lines(name))
    return {canonicalize_name(one.name): one for one in found if one.marker is None or one.marker.evaluate()}


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_a_pc_of_another_system_gets_nothing_that_is_for_linux_alone(system: str) -> None:
    """On Windows it could not even be built, and the PC client would not install."""
    wanted = [Requirement(line) for line in _lines("requirements.txt")]
    here = {one.name for one in wanted if one.marker is None or one.marker.evaluate({"sys_platform": system})}
    assert "uvloop" not in here
    assert {"click", "jeepney", "pillow"} <= here


def test_every_requirement_names_one_version() -> None:
    loose = [
        line
        for name in (*LISTS, "constraints.txt")
        for line in _lines(name)
        if not re.match(r"[\w.\[\]-]+==[\w.]+(; .+)?$", line)
    ]
    assert loose == []


def test_what_requirements_bring_along_is_pinned_too() -> None:
    """Walks what is installed from the lists down; `deploy/constraints.txt` names all that the lists do not."""
    pins = _pins(*LISTS, "constraints.txt")
    wanted = [*_pins("requirements.txt", "requirements-test.txt").values()]
    seen: set[tuple[str, frozenset[str]]] = set()
    unpinned = set()
    while wanted:
        one = wanted.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        if key[0] not in pins:
            unpinned.add(key[0])
        for text in metadata.requires(one.name) or []:
            inner = Requirement(text)
            extras = one.extras or {""}
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(inner)
    assert unpinned == set()


def test_no_version_stands_in_two_lists() -> None:
    names = [canonicalize_name(Requirement(line).name) for one in (*LISTS, "constraints.txt") for line in _lines(one)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_this_environment_has_the_pinned_versions() -> None:
    pins = _pins("requirements.txt", "requirements-test.txt")
    other = {
        name: metadata.version(name) for name, one in pins.items() if not one.specifier.contains(metadata.version(name))
    }
    assert other == {}


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is the machine's business: pip's own settings are left alone."""
    for path in (ROOT / "deploy").rglob("*"):
        if path.is_file() and path.suffix in (".txt", ".sh", ".py", ""):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"--(extra-)?index-url|--trusted-host|https?://[\w.]*(pypi|pythonhosted)", text), path


def test_debian_lists_are_names_alone() -> None:
    for path in sorted((ROOT / "deploy").glob("debian-*.txt")):
        packages = debian.read_list(Path(path).stem)
        assert packages == sorted(set(packages)), path
        assert [name for name in packages if not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name)] == []


def test_building_pycups_is_part_of_testing() -> None:
    assert set(debian.read_list("debian-cups")) <= set(debian.read_list("debian-test"))


def test_both_readers_of_marks_are_part_of_testing() -> None:
    assert set(debian.read_list("debian-marks")) <= set(debian.read_list("debian-test"))


def test_the_tests_scan() -> None:
    assert set(debian.read_list("debian-scan")) <= set(debian.read_list("debian-test"))
