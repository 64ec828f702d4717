"""Writes what the code says of itself into docs/: commands, settings, API, states, and the manual page.

`python -m deploy.reference` writes; a test compares. What stands above the line `<!-- from the code -->` of a page is
written by hand and stays.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import tomlkit

from distserver.cli.exits import MEANINGS
from distserver.cli.man import make_page, walk_commands
from distserver.cli.root import cli
from distserver.intake.api import openapi
from distserver.intake.api.operations import Operation
from distserver.intake.api.routes import OPERATIONS
from distserver.model.states import DeliveryState, Evidence, JobState, Reason
from distserver.report import metrics, phrases_en, words
from distserver.settings import Settings
from mfp_client.settings import DeviceSettings
from pc_client.settings import PcSettings

ROOT = Path(__file__).resolve().parents[1]
MARK = "<!-- from the code: python -m deploy.reference -->"
Lines = Iterator[str]


def describe_commands() -> Lines:
    """Every command with its arguments and options, and the exit codes."""
    yield from ("## Exit codes", "", "| code | meaning |", "|---|---|")
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items())
    for path, command, context in walk_commands(cli):
        yield from ("", f"## distserver {path}", "", _clean(command.help or ""), "")
        pieces = command.collect_usage_pieces(context)
        yield f"    distserver {path} {' '.join(pieces)}".rstrip()
        options = [record for record in _records(context) if record[0].startswith("-")]
        if options:
            yield from ("", "| option | meaning |", "|---|---|")
            yield from (f"| `{_cell(names)}` | {_cell(meaning)} |" for names, meaning in options)


def describe_settings() -> Lines:
    """Every setting: name, type, default, a paragraph."""
    yield from ("| setting | type | default | meaning |", "|---|---|---|---|")
    for item in dataclasses.fields(Settings):
        kind = str(item.type).partition(" |")[0].replace("str", "text").replace("int", "number")
        default = "" if item.default is None or item.default == "" else f"`{item.default}`"
        yield f"| `{item.name}` | {kind.lower()} | {default} | {_cell(item.metadata['text'])} |"


def describe_device_settings() -> Lines:
    """Every setting of a device: name, type, default, a paragraph."""
    yield from _describe_record(DeviceSettings)


def describe_pc_settings() -> Lines:
    """Every setting of a PC: name, type, default, a paragraph."""
    yield from _describe_record(PcSettings)


def _describe_record(record: Any) -> Lines:
    kinds = {"str": "text", "int": "number", "float": "number", "bool": "true or false"}
    yield from ("| setting | type | default | meaning |", "|---|---|---|---|")
    for item in dataclasses.fields(record):
        kind = kinds.get(str(item.type), "list of texts")
        default = tomlkit.item(list(item.default) if isinstance(item.default, tuple) else item.default).as_string()
        yield f"| `{item.name}` | {kind} | `{default}` | {_cell(item.metadata['text'])} |"


def describe_api() -> Lines:
    """Every operation: who may use it, what it takes and answers."""
    description = json.loads(openapi.describe(OPERATIONS))
    for subject in dict.fromkeys(_subject(operation) for operation in OPERATIONS):
        yield from (f"## {subject.capitalize()}", "")
        for operation in OPERATIONS:
            if _subject(operation) == subject:
                yield from _describe_operation(operation, description)
    yield from ("## Messages", "")
    for name, schema in sorted(description["components"]["schemas"].items()):
        if "properties" in schema:
            yield from _describe_message(name, schema)


def describe_states() -> Lines:
    """States, evidence and reasons, each with what it means to people."""
    yield from ("## States of a job", "", "| state | label |", "|---|---|")
    yield from (f"| `{state}` | {phrases_en.JOB_STATES[state]} |" for state in JobState)
    yield from ("", "## States of a delivery", "", "| state | label | meaning |", "|---|---|---|")
    for state in DeliveryState:
        yield f"| `{state}` | {words.name_state(state)} | {_cell(words.describe_state(state).sentence)} |"
    yield from ("", "## Evidence", "", "| evidence | meaning |", "|---|---|")
    yield from (f"| `{evidence}` | {_EVIDENCE[evidence]} |" for evidence in Evidence)
    yield from ("", "## Reasons of a delivery", "", "| reason | meaning |", "|---|---|")
    yield from (f"| `{reason}` | {_cell(words.describe_reason(reason).sentence)} |" for reason in Reason)
    yield from ("", "## Reasons of a job", "", "| reason | meaning |", "|---|---|")
    yield from (f"| `{word}` | {_cell(phrase.sentence)} |" for word, phrase in phrases_en.JOB_REASONS.items())
    yield from ("", "## What devices say of themselves", "", "| word | meaning |", "|---|---|")
    yield from (f"| `{word}` | {_cell(phrase.sentence)} |" for word, phrase in phrases_en.DEVICE.items())


def describe_metrics() -> Lines:
    """Every figure of /metrics."""
    kinds = {"gauge": metrics.GAUGES, "counter": metrics.COUNTERS, "histogram": metrics.HISTOGRAMS}
    yield from ("| metric | kind | labels | meaning |", "|---|---|---|---|")
    for kind, families in kinds.items():
        for family in families:
            labels = " ".join(f"`{label}`" for label in family.labels)
            yield f"| `{metrics.name_metric(family)}` | {kind} | {labels} | {_cell(family.text)} |"
    for family in metrics.HISTOGRAMS:
        bounds = " ".join(f"{bound:g}" for bound in family.bounds)
        yield from ("", f"Buckets of `{metrics.name_metric(family)}`, in seconds: {bounds}.")


_EVIDENCE = {
    Evidence.NONE: "Nothing is known of the other side yet.",
    Evidence.ACCEPTED: "The device has taken it; that it is out, it has not said (or cannot say).",
    Evidence.COMPLETED: "The device says that all pages are out.",
}

PAGES: dict[str, Callable[[], Lines]] = {
    "docs/reference/commands.md": describe_commands,
    "docs/reference/settings.md": describe_settings,
    "docs/reference/device-settings.md": describe_device_settings,
    "docs/reference/pc-settings.md": describe_pc_settings,
    "docs/reference/api.md": describe_api,
    "docs/reference/states.md": describe_states,
    "docs/reference/metrics.md": describe_metrics,
}
MAN = "docs/man/distserver.1"


def make_all() -> dict[str, str]:
    """Every file with the text that it should have."""
    texts = {name: _compose(ROOT / name, lines()) for name, lines in PAGES.items()}
    return {**texts, MAN: make_page(cli)}


def _compose(path: Path, lines: Lines) -> str:
    by_hand = path.read_text(encoding="utf-8").partition(MARK)[0]
    return f"{by_hand}{MARK}\n\n" + "\n".join(lines).strip() + "\n"


def _describe_operation(operation: Operation, description: dict[str, Any]) -> Lines:
    path = operation.path.replace("<int:", "<").replace("<", "{").replace(">", "}")
    described = description["paths"][path][operation.method.lower()]
    yield from (f"### {operation.method} {path}", "", f"{operation.description} For: {operation.rule}.", "")
    query = [p for p in described.get("parameters", []) if p["in"] != "path"]
    if query:
        yield _take(query)
    if operation.messages.body is not None:
        yield f"Body: [{operation.messages.body.__name__}](#{operation.messages.body.__name__.lower()})."
    answer = operation.messages.answer
    said = f"[{answer.__name__}](#{answer.__name__.lower()})" if answer else f"`{operation.messages.media}`"
    yield f"Answers {operation.messages.status}" + (f": {said}." if operation.messages.status != 204 else ".")
    yield ""


def _take(parameters: list[dict[str, Any]]) -> str:
    names = ", ".join(f"`{p['name']}`" + (" (header)" if p["in"] == "header" else "") for p in parameters)
    return f"Takes {names}."


def _describe_message(name: str, schema: dict[str, Any]) -> Lines:
    yield from (f"### {name}", "", " ".join(schema.get("description", "").split()), "", "| field | type |", "|---|---|")
    required = schema.get("required", [])
    for field, described in schema["properties"].items():
        note = "" if field in required else ", optional"
        yield f"| `{field}` | {_cell(_type(described))}{note} |"
    yield ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "any"))


def _subject(operation: Operation) -> str:
    return operation.handler.__module__.rpartition(".")[2]


def _records(context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "--help" not in parameter.opts:
            yield record


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _clean(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def main() -> None:
    """Write all files."""
    for name, text in make_all().items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
