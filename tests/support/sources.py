"""The project's own files and who imports whom, read from the text: nothing is imported."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("distwire", "distserver", "mfp_client", "pc_client")


@dataclass(frozen=True, slots=True)
class Import:
    """`module` (dotted, as far as it names a file or folder of ours, else as written) is imported on `line`.

    `typing_only` stands under `if TYPE_CHECKING:`.
    """

    module: str
    line: int
    typing_only: bool


@functools.cache
def project_files() -> tuple[Path, ...]:
    """Every file that is tracked or is about to be, relative to the root."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(Path(name) for name in listed if name and (ROOT / name).is_file()))


def python_files(*folders: str) -> tuple[Path, ...]:
    """Python files under `folders`, relative to the root; the four packages when none is given."""
    chosen = folders or PACKAGES
    return tuple(path for path in project_files() if path.suffix == ".py" and path.parts[0] in chosen)


@functools.cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a file relative to the root."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    """`distserver/jobs/__init__.py` is `distserver.jobs`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def modules() -> dict[str, Path]:
    """Every module of the four packages, by dotted name."""
    return {module_name(path): path for path in python_files()}


def imports_of(path: Path) -> tuple[Import, ...]:
    """Every import of a file, wherever it stands in it."""
    return tuple(_walk(parse(path), path, typing_only=False))


def _walk(node: ast.AST, path: Path, *, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, typing_only) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _absolute(child, path)
            for alias in child.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in modules() else base, child.lineno, typing_only)
        else:
            guarded = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from _walk(child, path, typing_only=typing_only or guarded)


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    parts = path.with_suffix("").parts[: -node.level]
    return ".".join((*parts, node.module) if node.module else parts)


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """The nodes of one cycle, the first one repeated at the end; empty when there is none."""
    done: set[str] = set()
    for start in sorted(graph):
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(sorted(graph[start])))]
        trail = [start]
        while stack:
            node, targets = stack[-1]
            target = next((one for one in targets if one in graph and one not in done), None)
            if target is None:
                done.add(node)
                stack.pop()
                trail.pop()
            elif target in trail:
                return [*trail[trail.index(target) :], target]
            else:
                stack.append((target, iter(sorted(graph[target]))))
                trail.append(target)
    return []
