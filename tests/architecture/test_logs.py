"""Every log line is an event and a mapping of its facts, and stands in docs/reference/logs.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.sources import ROOT, parse, python_files

_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
_LOGGERS = {"log", "_log", "access_log", "logger"}
_PAGE = (ROOT / "docs/reference/logs.md").read_text(encoding="utf-8")
_OF_A_DELIVERY = {"job", "delivery"}


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in python_files("distserver"):
        for node in ast.walk(parse(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in _LOGGERS
            ):
                yield f"{path}:{node.lineno}", node


def _event(call: ast.Call) -> str:
    first = call.args[0]
    return str(first.value) if isinstance(first, ast.Constant) else ""


def test_lines_are_events_with_facts() -> None:
    wrong = [
        where
        for where, call in _calls()
        if not re.fullmatch(r"[a-z]+(-[a-z]+)*", _event(call))
        or len(call.args) > 2
        or (len(call.args) == 2 and isinstance(call.args[1], ast.Constant | ast.JoinedStr))
        or (len(call.args) == 1 and "-" not in _event(call))
    ]
    assert wrong == []


def test_every_event_is_described_and_every_description_is_of_an_event() -> None:
    said = {_event(call) for _, call in _calls()}
    described = set(re.findall(r"^\| `([a-z-]+)` \|", _PAGE, re.M))
    assert described == said


def test_facts_are_named_without_surprises() -> None:
    """No fact takes the place of what each line says anyway, and one about a delivery names its job too."""
    for where, call in _calls():
        facts = call.args[1] if len(call.args) == 2 else None
        if isinstance(facts, ast.Dict):
            names = {key.value for key in facts.keys if isinstance(key, ast.Constant)}
            assert not names & {"ts", "level", "logger", "event", "traceback"}, where
            assert "delivery" not in names or names >= _OF_A_DELIVERY, where
