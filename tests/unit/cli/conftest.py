"""The command line, called as a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from distserver.cli.root import main


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with two groups, one of them with a bad line."""
    groups = tmp_path / "home" / "groups"
    groups.mkdir(parents=True)
    (groups / "all.rec").write_text("# 全部\n# all.rec\na.example.org; 札幌支店\nb.example.org; Osaka; secret=hush\n")
    (groups / "sales.rec").write_text("# 営業所\n# sales.rec\na.example.org; 札幌支店\n!!; nobody\n")
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """`run("group", "list")` on that home."""
    monkeypatch.delenv("DISTSERVER_HOME", raising=False)

    def call(*arguments: str, stdin: str | None = None, at: Path = home) -> Done:
        import click

        @click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
        def whole() -> None:
            main(["--home", str(at), *arguments])

        result = CliRunner().invoke(whole, [], input=stdin)
        return Done(result.exit_code, result.stdout, result.stderr)

    return call
