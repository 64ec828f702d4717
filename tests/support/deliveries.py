"""Deliveries as a channel gets them, made for tests."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from dataclasses import dataclass, field
from pathlib import Path

from distserver.deliver.contract import DeliveryRequest, Progress, Target, Watch
from distserver.model.documents import PDF, PrintOptions, Rendition, RenditionClass

_numbers = itertools.count(1)
_HALF_A_PAGE = b"0 0 m 595 842 l S\n"


def make_pdf(size: int = 2000) -> bytes:
    """A PDF of one page, and about `size` bytes, that any reader takes."""
    content = _HALF_A_PAGE * max(1, size // len(_HALF_A_PAGE))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(content), content),
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


def make_request(
    target: Target,
    folder: Path,
    document: bytes | None = None,
    *,
    title: str = "年次報告 Quarterly report",
    options: PrintOptions | None = None,
    remote_id: str | None = None,
    form: str = PDF,
    pages: int = 1,
) -> DeliveryRequest:
    """One delivery of `document` (a small PDF unless given), stored under `folder`."""
    data = make_pdf() if document is None else document
    path = folder / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    number = next(_numbers)
    return DeliveryRequest(
        id=f"delivery-{number}",
        name=f"ds-{number:06d}",
        target=target,
        title=title,
        sender="head office",
        options=options or PrintOptions(),
        rendition=Rendition(path, form, len(data), pages, RenditionClass(form, passthrough=True)),
        remote_id=remote_id,
    )


@dataclass
class Listener:
    """Hears progress, and cancels."""

    heard: list[Progress] = field(default_factory=list)
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def watch(self) -> Watch:
        return Watch(self._hear, self.canceled)

    @property
    def remote_id(self) -> str | None:
        """What was told last."""
        return next((p.remote_id for p in reversed(self.heard) if p.remote_id is not None), None)

    @property
    def reasons(self) -> set[str]:
        """Every reason that was told."""
        return {reason for progress in self.heard for reason in progress.reasons}

    def _hear(self, progress: Progress) -> None:
        self.heard.append(progress)
        self.news.set()

    async def wait_for_reason(self, *beginnings: str) -> None:
        """Until a reason was told that begins so: devices add `-error`, `-warning` or `-report` (RFC 8011 §5.4.12)."""
        while not any(reason.startswith(beginnings) for reason in self.reasons):
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 60)
