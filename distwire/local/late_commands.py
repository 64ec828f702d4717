"""A command line whose sub-commands are imported when they are used: one need not load what its neighbours need."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LateCommands(click.Group):
    """`places` has each command's module and its name there, in the order in which they are listed."""

    def __init__(self, *, places: Mapping[str, tuple[str, str]], **told: Any) -> None:
        super().__init__(**told)
        self._places = places

    def list_commands(self, _context: click.Context) -> list[str]:
        """All of them; none is imported."""
        return list(self._places)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import it; None where there is none of that name."""
        if name not in self._places:
            return None
        module, attribute = self._places[name]
        command = getattr(importlib.import_module(module), attribute)
        return command if isinstance(command, click.Command) else None
