"""What the dialog remembers: the choices of last time, and the groups and destinations that the server told last."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pydantic import BaseModel, Field

from distwire.local.own_file import write_own_file

_NAME = "dialog.json"


class Choice(BaseModel):
    """A group or a destination that can be chosen: `value` is what the server is told."""

    value: str
    name: str
    note: str = ""
    member: bool = False


class Memory(BaseModel):
    """`groups` and `destinations` are as the server told them last."""

    chosen_groups: list[str] = Field(default_factory=list)
    chosen_destinations: list[str] = Field(default_factory=list)
    sides: str = ""
    bitmap: str = ""
    groups: list[Choice] = Field(default_factory=list)
    destinations: list[Choice] = Field(default_factory=list)


def read_memory(home: Path) -> Memory:
    """What is remembered; nothing where there is nothing."""
    with contextlib.suppress(OSError, ValueError):
        return Memory.model_validate_json((home / _NAME).read_bytes())
    return Memory()


def write_memory(home: Path, memory: Memory) -> None:
    """Remember it. A disk that takes nothing is no reason to stop."""
    with contextlib.suppress(OSError):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_own_file(home / _NAME, memory.model_dump_json().encode())
