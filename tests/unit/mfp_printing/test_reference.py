"""docs/reference/mfp-client.md tells every command, option, profile, route, operation, state and reason."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from distwire.ipp.enums import JobState
from mfp_client.cli import COMMANDS, cli
from mfp_client.printing.job import state_keyword
from mfp_client.printing.profiles import PROFILES

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/reference/mfp-client.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_told(name: str) -> None:
    assert f"mfp-client {name}" in PAGE
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = [option for each in command.params if isinstance(each, click.Option) for option in each.opts]
    assert [option for option in options if f"`{option}`" not in PAGE and f"{option} " not in PAGE] == []


def test_every_profile_with_its_formats_and_types_is_told() -> None:
    for profile in PROFILES.values():
        assert f"| `{profile.name}` |" in PAGE
        assert all(f"`{word}`" in PAGE for word in (*profile.formats, *profile.raster_types))


def test_every_state_and_reason_is_told() -> None:
    assert all(f"`{state_keyword(state)}`" in PAGE for state in JobState)
    source = "".join(path.read_text() for path in (ROOT / "mfp_client/printing").glob("*.py"))
    reasons = set(
        re.findall(
            r'"((?:job|document|unsupported|queued)-[a-z-]+-(?:error|device|user|format|successfully)|job-(?:incoming|printing|transforming|data-insufficient|hold-until-specified))"',
            source,
        )
    )
    assert reasons
    assert {reason for reason in reasons if f"`{reason}`" not in PAGE} <= {"job-originating-user", "document-format"}


def test_every_route_is_told() -> None:
    site = (ROOT / "mfp_client/printing/page/site.py").read_text()
    for method, path in re.findall(r'\("(GET|POST)", "([^"]+)"\)', site):
        assert f"`{method} {path}`" in PAGE


def test_every_operation_is_told() -> None:
    source = (ROOT / "mfp_client/printing/operations.py").read_text()
    names = {match.replace("_", "-").title() for match in re.findall(r"Operation\.([A-Z_]+): ", source)}
    assert names
    assert {name for name in names if name not in PAGE} == set()
