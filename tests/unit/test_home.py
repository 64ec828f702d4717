"""The device's home: `--home`, `$MFP_CLIENT_HOME`, `~/.mfp-client`, in this order and for every command alike."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mfp_client.home import find_home, home_option


@click.command()
@home_option
def show(home: Path) -> None:
    click.echo(home)


@pytest.mark.parametrize(
    ("arguments", "variable", "home"),
    [
        (["--home", "/a"], "/b", "/a"),
        ([], "/b", "/b"),
        ([], "~/b", "/me/b"),
        (["--home", "~/a"], None, "/me/a"),
        ([], None, "/me/.mfp-client"),
        ([], "", "/me/.mfp-client"),
    ],
)
def test_the_home_is_found(arguments: list[str], variable: str | None, home: str) -> None:
    environment = {"MFP_CLIENT_HOME": variable, "HOME": "/me"}
    assert CliRunner(env=environment).invoke(show, arguments).output == f"{home}\n"


def test_a_program_finds_it_as_a_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFP_CLIENT_HOME", "/b")
    assert (find_home(), find_home(Path("/a"))) == (Path("/b"), Path("/a"))
