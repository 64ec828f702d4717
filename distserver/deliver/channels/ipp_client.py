"""What the IPP channel needs of whoever carries its requests: our own client, or libcups (`cups_client`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from distwire.ipp.attributes import Attribute
from distwire.ipp.body import DocumentFile
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.message import Message


class JobClient(Protocol):
    """Requests of IPP, as `distwire.ipp.client.IppClient` has them. Every method raises `TransferError` when there is
    no answer; an answer is a `Message` whatever its status."""

    async def get_printer_attributes(self, endpoint: Endpoint, requested: Sequence[str] = ("all",)) -> Message:
        """Get-Printer-Attributes."""
        ...

    async def create_job(self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute]) -> Message:
        """Create-Job."""
        ...

    async def print_job(
        self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute], document: DocumentFile
    ) -> Message:
        """Print-Job."""
        ...

    async def send_document(
        self, endpoint: Endpoint, job_id: int, operation: Iterable[Attribute], document: DocumentFile
    ) -> Message:
        """Send-Document with the only document of a job."""
        ...

    async def get_job_attributes(
        self, endpoint: Endpoint, job_id: int, user: str, requested: Sequence[str] = ("all",)
    ) -> Message:
        """Get-Job-Attributes."""
        ...

    async def get_jobs(
        self, endpoint: Endpoint, user: str, which: str, limit: int, requested: Sequence[str]
    ) -> Message:
        """Get-Jobs of everybody; `which` is `completed` or `not-completed`."""
        ...

    async def cancel_job(self, endpoint: Endpoint, job_id: int, user: str) -> Message:
        """Cancel-Job."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
