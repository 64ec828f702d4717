"""What the works work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from distwire.scan.choice import open_scanner
from distwire.scan.contract import Scanner
from mfp_client.memory.media import MountedMedium, list_media
from mfp_client.memory.store import ImageMemory
from mfp_client.works.link import ServerLink


class WorksSettings(Protocol):
    """What the works read of the device's settings."""

    @property
    def printer(self) -> str:
        """The URI of the printer that this device prints on."""

    @property
    def scanners(self) -> Sequence[str]:
        """URIs, the one that is used by default first."""

    @property
    def name(self) -> str:
        """What the device is called."""

    @property
    def language(self) -> str:
        """`en` or `ja`: of the words on mark sheets, and of the names of jobs without a title."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Tools:
    """`changed` is called, in any thread, whenever there is something new to show. `media` lists what is in."""

    memory: ImageMemory
    settings: WorksSettings
    link: ServerLink
    home: Path
    changed: Callable[[], None] = _nothing
    open_scanner: Callable[[str], Scanner] = open_scanner
    media: Callable[[], list[MountedMedium]] = list_media

    @property
    def folder(self) -> Path:
        """Where the works keep what passes through."""
        return self.home / "works"
