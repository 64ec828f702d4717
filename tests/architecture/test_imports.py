"""Who may import whom, in the words of docs/decisions/0001-shape.md; the layers themselves are in `.importlinter`.

These rules also hold for modules that do not exist yet: they are about folders, not about lists of files.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.sources import find_cycle, imports_of, module_name, modules, parse, python_files

# The board uses the doors' way of taking uploads and of telling errors; `application` puts both on one Flask app.
RIMS = ("distserver/cli/", "distserver/web/", "distserver/intake/", "distserver/application.py")
STAGES = ("plan", "render", "deliver", "report")
FLASK = ("flask", "flask_login", "flask_wtf", "werkzeug", "wtforms")
CHANNEL_MAY = ("distserver.deliver.contract", "distserver.deliver.channels", "distserver.model", "distserver.errors")


def _is_in(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def _offences(paths: tuple[Path, ...], *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path}:{one.line} imports {one.module}"
        for path in paths
        for one in imports_of(path)
        if _is_in(one.module, *forbidden) and not _is_in(one.module, *but)
    ]


def _under(*folders: str) -> tuple[Path, ...]:
    return tuple(path for path in python_files() if path.as_posix().startswith(tuple(f"{one}/" for one in folders)))


def test_distwire_knows_no_program() -> None:
    assert _offences(python_files("distwire"), "distserver", "mfp_client", "pc_client", *FLASK, "sqlalchemy") == []


def test_model_knows_nothing_of_the_project() -> None:
    ours = ("distserver", "distwire", "mfp_client", "pc_client")
    assert _offences(_under("distserver/model"), *ours, but=("distserver.model",)) == []


def test_server_and_clients_meet_on_the_wire_only() -> None:
    assert _offences(python_files("distserver"), "mfp_client", "pc_client") == []
    assert _offences(python_files("mfp_client"), "distserver", "pc_client") == []
    assert _offences(python_files("pc_client"), "distserver", "mfp_client") == []


def test_scanning_is_for_clients() -> None:
    """It stands in `distwire` because two clients share it, which never import each other (decision 34)."""
    assert _offences(python_files("distserver"), "distwire.scan") == []


def test_a_device_knows_flask_in_its_panel_alone() -> None:
    """What a device does is done without a screen, too."""
    others = tuple(path for path in python_files("mfp_client") if not path.as_posix().startswith("mfp_client/panel/"))
    assert _offences(others, *FLASK) == []


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_know_each_other(stage: str) -> None:
    others = [f"distserver.{other}" for other in (*STAGES, "engine") if other != stage]
    assert _offences(_under(f"distserver/{stage}"), *others) == []


def test_channels_know_only_their_contract() -> None:
    assert _offences(_under("distserver/deliver/channels"), "distserver", but=CHANNEL_MAY) == []


def test_a_channel_does_not_know_another() -> None:
    """A destination is one small file behind one contract, `ipp.py`, or a few, `ipp_job.py`: what two channels share
    stands in `distwire`."""
    folder = "distserver.deliver.channels."
    offences = []
    for path in _under("distserver/deliver/channels"):
        mine = module_name(path).removeprefix(folder).split("_")[0]
        for one in imports_of(path):
            other = one.module.removeprefix(folder).split("_")[0]
            if one.module.startswith(folder) and other != mine:
                offences.append(f"{path}:{one.line} imports {one.module}")
    assert offences == []


def test_flask_stays_in_the_rims() -> None:
    may = (
        *RIMS,
        "mfp_client/panel/",
        "pc_client/desktop/screen",
        "pc_client/receiver/screen/",
        "pc_client/sending/screen/",
    )
    assert _offences(tuple(path for path in python_files() if not path.as_posix().startswith(may)), *FLASK) == []


def test_sql_stays_in_the_store() -> None:
    """`check` tells SQLite's version; nobody else speaks to a database."""
    outside = tuple(
        path
        for path in python_files("distserver")
        if not path.as_posix().startswith(("distserver/store/", "distserver/cli/check.py"))
    )
    assert _offences(outside, "alembic", "psycopg", "sqlite3") == []


def test_statements_are_made_in_the_store() -> None:
    """Others open transactions and hand connections on; what is asked over them stands in the store."""
    outside = (path for path in python_files("distserver") if not path.as_posix().startswith("distserver/store/"))
    offences = [
        f"{path}:{node.lineno} {node.func.attr}"
        for path in outside
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in ("execute", "exec_driver_sql") or ast.unparse(node.func).startswith("sa."))
        and node.func.attr != "make_url"
    ]
    assert offences == []


def test_there_is_no_engine_beside_the_rows() -> None:
    """What is to be done is what the rows of deliveries say: a second book of work could say something else."""
    assert _offences(python_files(), "dbos", "celery", "dramatiq", "rq", "huey", "apscheduler") == []


def test_product_does_not_know_its_tests_or_deployment() -> None:
    assert _offences(python_files(), "tests", "deploy", "pytest") == []


def test_imports_are_written_in_full() -> None:
    """One spelling of a module's name: it can be searched for."""
    relative = [
        f"{path}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_files_form_no_cycle() -> None:
    """Imports under TYPE_CHECKING and within functions count too: a cycle of knowledge is one."""
    graph = {name: {one.module for one in imports_of(path)} - {name} for name, path in modules().items()}
    assert find_cycle(graph) == []


def test_folders_form_no_cycle() -> None:
    """A folder stands for the files directly in it; a package's `__init__` may name what it hands out from below."""
    graph: dict[str, set[str]] = defaultdict(set)
    for name, path in modules().items():
        mine = _folder(name)
        graph[mine] |= {_folder(one.module) for one in imports_of(path) if one.module in modules()} - {mine}
    for inner, targets in graph.items():
        targets -= {outer for outer in targets if inner.startswith(outer + ".") or outer.startswith(inner + ".")}
    assert find_cycle(graph) == []


def test_packages_are_packages() -> None:
    """Without an `__init__.py`, import-linter and mypy would pass a folder by; Alembic reads its scripts itself."""
    folders = {path.parent for path in python_files() if "migrations" not in path.parts}
    assert sorted(str(folder) for folder in folders if folder / "__init__.py" not in python_files()) == []


def _folder(module: str) -> str:
    path = modules()[module]
    return ".".join(path.parent.parts)
