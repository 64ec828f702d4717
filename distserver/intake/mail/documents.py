"""The documents in a mail: its attachments, on their way into the spool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from distserver.errors import BadRequest
from distserver.intake.mail.heads import read_filename
from distserver.intake.mail.parts import Part
from distserver.jobs.quotas import Meter
from distserver.model.documents import Document
from distserver.services import Services
from distserver.store.spool import Upload

MOST = 20
_NOTHING = "no document is attached: attach a PDF, TIFF, JPEG or PNG; the text alone is not printed"
_ENDINGS = {".pdf": "PDF", ".tif": "TIFF", ".tiff": "TIFF", ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_KINDS = ("application/pdf", "image/tiff", "image/jpeg", "image/png")
_NAMELESS = {"application/pdf": ".pdf", "image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png"}
_VAGUE = (
    "application/octet-stream",
    "application/x-pdf",
    "application/acrobat",
    "image/jpg",
    "image/pjpeg",
    "image/tif",
)
_PASSED_OVER = ("signature", "x-pkcs7-signature", "pgp-signature", "pkcs7-signature", "vcard", "x-vcard", "calendar")


@dataclass(slots=True)
class Documents:
    """Those of one mail, as a context of its uploads."""

    services: Services
    uploads: list[Upload] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Documents:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def take(self, parts: Iterator[Part], meter: Meter) -> None:
        """Store the attachments. Raises `BadRequest` when one is of a kind that cannot be printed, or there is none;
        `DocumentRefused` when one is not what it says."""
        limit = self.services.settings.max_document_mb << 20
        for name, part in _choose(parts):
            self._store(part, name or f"document{_NAMELESS.get(part.kind, '')}", limit, meter)

    def _store(self, part: Part, name: str, limit: int, meter: Meter) -> None:
        upload = self.stack.enter_context(self.services.spool.receive(limit=limit))
        before = sum(one.size for one in self.uploads)
        for piece in part.body:
            upload.write(piece)
            meter(before + upload.size)
        self.uploads.append(upload)
        self.documents.append(self.services.admit(upload, name))


def list_names(parts: Iterator[Part]) -> list[str]:
    """Of the documents in a mail that is not taken yet. Raises `BadRequest` as `take`: its sender is not asked first
    about what cannot go out."""
    found = []
    for name, part in _choose(parts):
        found.append(name or part.kind)
        for _ in part.body:  # which may be damaged
            pass
    return found


def _choose(parts: Iterator[Part]) -> Iterator[tuple[str, Part]]:
    """The documents, and what each is called."""
    count = 0
    for part in parts:
        name = read_filename(part.head)
        if is_document(part, name):
            count += 1
            if count > MOST:
                raise BadRequest(f"the mail has more than {MOST} documents: send them in several mails")
            yield name, part
        elif not is_passed_over(part, name):
            raise BadRequest(
                f"the attachment '{name or part.kind}' is of a kind that is not printed from a mail: "
                "send it as PDF, TIFF, JPEG or PNG"
            )
    if not count:
        raise BadRequest(_NOTHING)


def is_document(part: Part, name: str) -> bool:
    """By kind, or by its name where the kind says nothing. Pictures that belong to the text (a logo) are none."""
    attached = part.head.get_content_disposition() == "attachment"
    if "multipart/related" in part.within and part.kind.startswith("image/") and not attached:
        return False
    dot = name.lower().rfind(".")
    ending = name.lower()[dot:] if dot >= 0 else ""
    return part.kind in _KINDS or (part.kind in _VAGUE and ending in _ENDINGS)


def is_passed_over(part: Part, name: str) -> bool:
    """Text of the mail, pictures in it, signatures and cards."""
    major, _, minor = part.kind.partition("/")
    attached = part.head.get_content_disposition() == "attachment"
    if minor in _PASSED_OVER:
        return True
    if "multipart/related" in part.within and not attached:
        return True
    return major == "text" and not attached and (minor in ("plain", "html", "enriched") or not name)
