"""How this program is called in the files by which a session starts it (Desktop Entry Specification, key Exec)."""

from __future__ import annotations

import sys
from pathlib import Path


def find_program() -> str:
    """The clone's command, else Python with the module."""
    root = Path(__file__).resolve().parents[2]
    command = root / "deploy" / "pc-client"
    if command.exists() and sys.platform != "win32":
        return quote_argument(str(command))
    return f"{quote_argument(sys.executable)} -m pc_client"


def quote_argument(text: str) -> str:
    """As arguments of Exec are written: in quotes, with some characters escaped."""
    inner = "".join(f"\\\\{one}" if one in '"`$\\' else one for one in text.replace("%", "%%"))
    return f'"{inner}"'
