"""Who has something done at the device."""

from __future__ import annotations

from dataclasses import dataclass

from mfp_client.memory.records import Asker


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is empty where nobody logs in."""

    name: str = ""
    operator: bool = False

    @property
    def asker(self) -> Asker:
        """Who they are to the image memory."""
        return Asker(self.name, self.operator)
