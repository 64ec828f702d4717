"""Names, sizes and habits of the code, so that one house stays one house."""

from __future__ import annotations

import ast
import re

from tests.support.sources import PACKAGES, ROOT, parse, project_files, python_files

# A name that says nothing of what is inside grows until everything is inside.
VAGUE = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "common", "stuff"}
MOST_LINES_OF_A_MODULE = 450
MOST_LINES_OF_A_FUNCTION = 80
# The outermost loops: they go on whatever one job did, and log what it was. File: why there.
CATCH_ALL_ALLOWED = {
    "distserver/deliver/channels/cups_threads.py": "what a call raises in its thread goes to whoever waits for it",
    "distserver/engine/dispatch.py": "one delivery's fault must not take the worker along",
    "distserver/engine/guardian.py": "who watches over leases must not die of one bad look",
    "distserver/engine/probes.py": "one question's fault must not take the worker along",
    "distserver/groups/index.py": "a listener's fault must not end the following of the folder",
    "distserver/jobs/destination_rules.py": "one bad look must not end the following of the registry",
    "distserver/intake/ipp/announcement/announcer.py": "printing goes on without being announced",
    "distserver/intake/ipp/notification/waiting.py": "one bad look must not leave all who wait without an answer",
    "distserver/report/teller.py": "one letter's fault must not end all telling",
    "distserver/intake/mail/answering.py": "the outermost loop of a thread: one bad answer must not end all answering",
    "distserver/render/template.py": "whatever a document provokes in the fenced child is told, not raised",
    "mfp_client/panel/desk.py": "one bad look must not keep everybody logged in from then on",
    "mfp_client/works/sending.py": "one order's fault must not end all sending",
    "pc_client/receiver/tray/icon.py": "what draws icons on Windows raises errors of libraries of its own",
    "distwire/ipp/exchange.py": "one request's fault must not end the printer",
    "distwire/ipp/http_connection.py": "one page's fault must not end the server",
}
_ABSOLUTE = re.compile(r"(?<![\w.:/-])/(?:" + "|".join(("work", "root", "Users", "home")) + r")/\w")
_TEXT = {".py", ".md", ".toml", ".txt", ".sh", ".service", ".html", ".js", ".css", ".c", ".rec", ".cfg", ".ini", ""}


def test_no_module_has_a_vague_name() -> None:
    vague = [str(path) for path in python_files() if VAGUE & {*path.parent.parts, path.stem}]
    assert vague == []


def test_modules_are_nouns_in_small_letters() -> None:
    folders = {part for path in python_files() for part in (*path.parent.parts, path.stem) if part != "versions"}
    scripts = {path.stem for path in python_files() if "migrations" in path.parts}  # numbered by Alembic
    assert [name for name in sorted(folders - scripts) if not re.fullmatch(r"(__)?[a-z][a-z0-9_]*(__)?", name)] == []


def test_modules_stay_small() -> None:
    """The median is what matters; this is only where nobody wants to arrive."""
    sizes = {
        str(path): (ROOT / path).read_text(encoding="utf-8").count("\n") for path in python_files(*PACKAGES, "deploy")
    }
    assert {path: lines for path, lines in sizes.items() if lines > MOST_LINES_OF_A_MODULE} == {}


def test_functions_stay_small() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files(*PACKAGES, "deploy")
        if "migrations" not in path.parts
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_nothing_catches_everything() -> None:
    """The type of an error is its policy: catching all of them decides blindly."""
    found = {
        f"{path}:{node.lineno}"
        for path in python_files(*PACKAGES, "deploy")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and str(path) not in CATCH_ALL_ALLOWED
    }
    assert found == set()


def test_catch_all_list_is_not_stale() -> None:
    catching = {
        str(path)
        for path in python_files(*PACKAGES, "deploy")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    }
    assert set(CATCH_ALL_ALLOWED) - catching == set()


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in python_files(*PACKAGES, "deploy")
        if "migrations" not in path.parts and ast.get_docstring(parse(path)) is None
    ]
    assert silent == []


def test_no_file_names_a_place_on_one_machine() -> None:
    found = [
        f"{path}:{number}"
        for path in project_files()
        if path.suffix in _TEXT
        for number, line in enumerate(_lines(path), 1)
        if _ABSOLUTE.search(line)
    ]
    assert found == []


def _catches_all(node: ast.ExceptHandler) -> bool:
    """A handler that ends in a bare `raise` tidies up and decides nothing."""
    ends_in_raise = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
    named = [] if node.type is None else [ast.unparse(one) for one in getattr(node.type, "elts", [node.type])]
    return not ends_in_raise and (node.type is None or bool({"Exception", "BaseException"} & set(named)))


def _lines(path: object) -> list[str]:
    return (ROOT / str(path)).read_text(encoding="utf-8", errors="replace").splitlines()


def test_nothing_waits_by_wait_for() -> None:
    """Until Python 3.12, it can miss that its task is cancelled, which then never ends: `asyncio.timeout` does not."""
    found = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Attribute) and node.attr == "wait_for" and getattr(node.value, "id", "") == "asyncio"
    ]
    assert found == []
