"""What is announced of one printer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Printer:
    """One group as the network is to see it.

    `name` is what people pick from a list, of any length. `path` and `fax_path` are those of the URI, percent-encoded
    (`/ipp/print/all`); without `fax_path` there is no fax service. `port` takes ipp:, `tls_port` takes ipps: (the same
    one, perhaps); without it there is no ipps:. `formats` are MIME types, the best first; `urf` are the values of
    `urf-supported`.
    """

    name: str
    uuid: UUID
    path: str
    port: int
    tls_port: int | None = None
    fax_path: str | None = None
    fax_uuid: UUID | None = None
    make: str = "Distserver group"
    note: str = ""
    admin_url: str = ""
    formats: tuple[str, ...] = ()
    urf: tuple[str, ...] = ()
    color: bool = True
    duplex: bool = True
    priority: int = 50
