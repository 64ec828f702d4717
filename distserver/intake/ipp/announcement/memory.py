"""Under which name each printer was last seen, so that it has the same after a restart."""

from __future__ import annotations

import json
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distserver.intake.ipp.announcement.name import MOST_OCTETS
from distserver.intake.ipp.announcement.printer import Printer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Seen:
    """`name` is the group's name at that time: a renamed group begins anew."""

    name: str
    instance: str


class NameMemory:
    """A small file; without `path`, or where it cannot be used, names are remembered as long as the process lives."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen = {} if path is None else _read(path)
        self._saved = dict(self._seen)

    def find(self, printer: Printer) -> str | None:
        """The instance name that this printer had, if its group has kept its name."""
        seen = self._seen.get(str(printer.uuid))
        return seen.instance if seen is not None and seen.name == printer.name else None

    def note(self, printer: Printer, instance: str) -> None:
        """Remember it, with the next `save`."""
        self._seen[str(printer.uuid)] = _Seen(printer.name, instance)

    def save(self) -> None:
        """Write what has changed; a disk that takes nothing costs the names at the next start and nothing else."""
        if self._path is None or self._seen == self._saved:
            return
        text = json.dumps({uuid: [seen.name, seen.instance] for uuid, seen in sorted(self._seen.items())}, indent=0)
        passing = self._path.with_name(f".{self._path.name}-{secrets.token_hex(4)}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            passing.write_text(text, encoding="utf-8")
            passing.replace(self._path)
        except OSError as error:
            _log.warning("dnssd-names-not-kept", {"file": str(self._path), "error": error.strerror or str(error)})
            _remove(passing)
        else:
            self._saved = dict(self._seen)


def _read(path: Path) -> dict[str, _Seen]:
    """What stands in the file; nothing when it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("dnssd-names-not-kept", {"file": str(path), "error": str(error)})
        return {}
    return {uuid: _Seen(*pair) for uuid, pair in _items(found) if _is_pair(pair)}


def _items(found: Any) -> list[tuple[str, Any]]:
    return list(found.items()) if isinstance(found, dict) else []


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(one, str) for one in pair)
        and 0 < len(pair[1].encode(errors="replace")) <= MOST_OCTETS
        and "." not in pair[1]
    )


def _remove(path: Path) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - its own name, gone or not
    except OSError:
        return
