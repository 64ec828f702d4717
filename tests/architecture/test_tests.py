"""Tests about tests: each one is found, none hides another, and the requirements that they name exist."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.support.sources import parse, project_files, python_files

# The numbered requirements: distribution, device management, linked devices, image intake, what nobody has yet.
REQUIREMENTS = {"D": 16, "M": 7, "L": 6, "T": 7, "N": 7}
NO_TESTS = ("support", "bench", "data")
_CITED = re.compile(r"\bSPEC ([A-Z]\d+(?:(?:, | and )[A-Z]\d+)*)")
_LEADING = re.compile(r"\A\(?([A-Z]\d{1,2}(?:, [A-Z]\d{1,2})*)[:)]")


def _test_files() -> tuple[Path, ...]:
    return tuple(path for path in python_files("tests") if path.parts[1] not in NO_TESTS)


def test_every_test_is_in_a_file_that_is_collected() -> None:
    """pytest reads `test_*.py` alone; what tests share may stand beside them under any other name."""
    strays = [
        f"{path} {node.name}"
        for path in _test_files()
        if not path.name.startswith("test_")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    assert strays == []


def test_nothing_that_looks_like_a_test_stands_where_pytest_does_not_look() -> None:
    tests = {str(path) for path in project_files() if path.name.startswith("test_") and path.suffix == ".py"}
    assert tests - {str(path) for path in _test_files()} == set()


def test_no_test_hides_another() -> None:
    """A second function of the same name silently replaces the first."""
    hidden = []
    for path in _test_files():
        for scope in ast.walk(parse(path)):
            if isinstance(scope, ast.Module | ast.ClassDef):
                names = Counter(n.name for n in scope.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
                hidden += [f"{path} {name}" for name, times in names.items() if times > 1]
    assert hidden == []


def test_test_classes_are_collected() -> None:
    """pytest passes by a class whose name does not start with Test."""
    passed_by = [
        f"{path} {node.name}"
        for path in _test_files()
        for node in parse(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("Test")
        for inner in node.body
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name.startswith("test_")
    ]
    assert passed_by == []


def test_no_test_is_switched_off() -> None:
    """A part that is missing makes its tests fail, not vanish; what is optional by design uses `importorskip`."""
    off = [
        f"{path}:{node.lineno}"
        for path in _test_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("pytest.mark.skip", "pytest.mark.xfail")
    ]
    assert off == []


def test_requirements_that_are_named_exist() -> None:
    unknown = []
    for path in (*python_files(), *_test_files()):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node) or ""
                cited = [*_CITED.findall(text), *(_LEADING.findall(text) if path.parts[0] == "tests" else [])]
                unknown += [
                    f"{path}: {one}" for group in cited for one in re.findall(r"[A-Z]\d+", group) if not _exists(one)
                ]
    assert unknown == []


def _exists(requirement: str) -> bool:
    return 1 <= int(requirement[1:]) <= REQUIREMENTS.get(requirement[0], 0)
