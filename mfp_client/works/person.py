"""Who has something done at the device."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfp_client.memory.records import Asker


@dataclass(frozen=True, slots=True)
class Person:
    """`grant` is what the device shows the server when it acts for them; empty where nobody logs in."""

    name: str = ""
    operator: bool = False
    grant: str = field(default="", repr=False)

    @property
    def asker(self) -> Asker:
        """Who they are to the image memory."""
        return Asker(self.name, self.operator)
