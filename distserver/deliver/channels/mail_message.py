"""A document as a message: a few words and the file (RFC 5322, RFC 2045; internet fax: RFC 3965, RFC 3302)."""

from __future__ import annotations

import asyncio
import base64
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from pathlib import Path

from distserver.deliver.channels.mail_rules import MailRules
from distserver.deliver.contract import DeliveryRequest
from distserver.model.documents import JPEG, PDF, PNG, TIFF, TIFF_F
from distserver.model.mail_fields import write_field, write_mailbox

_POLICY = SMTP.clone(cte_type="7bit")  # old relays take no more
_ENDINGS = {PDF: "pdf", TIFF: "tif", TIFF_F: "tif", JPEG: "jpg", PNG: "png"}
_NO_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_SIGNED = re.compile(r"<(?P<signed>(?P<name>[^@]+)_[0-9a-f]+)@")
_SIGN_BYTES = 10
_MOST_CACHED = 64 << 20
_BLOCK = 57 * 1024  # whole lines of base64


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, ready to be sent. `name` is the delivery's with its sign: the ENVID of RFC 3461 §4.4."""

    name: str
    sender: str
    mailbox: str
    message_id: str
    content: bytes
    dsn: bool


class Attachments:
    """Files in base64, the last few kept: a job's thousand messages hold the same file."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, asyncio.Task[bytes]] = OrderedDict()
        self._size = 0

    async def encode(self, path: Path) -> bytes:
        """The file in lines of 76 characters. Raises `OSError`."""
        task = self._kept.get(path)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(_encode, path))
            self._kept[path] = task
            task.add_done_callback(lambda done: self._weigh(path, done))
        else:
            self._kept.move_to_end(path)
        return await asyncio.shield(task)

    def _weigh(self, path: Path, done: asyncio.Task[bytes]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._kept.pop(path, None)
            return
        self._size += len(done.result())
        while self._size > _MOST_CACHED and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            if not self._kept[oldest].done():
                return
            self._size -= len(self._kept.pop(oldest).result())


def _encode(path: Path) -> bytes:
    lines = bytearray()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            lines += base64.encodebytes(block).replace(b"\n", b"\r\n")
    return bytes(lines)


async def write_letter(request: DeliveryRequest, rules: MailRules, attachments: Attachments) -> Letter:
    """The message of a delivery. Raises `OSError` when the document cannot be read."""
    if (growth := request.rendition.growth) is not None:
        size = 0
        while (good := await growth.beyond(size)) > size:  # a part of known length: mail waits for the whole
            size = good
    file = await attachments.encode(request.rendition.path)
    name = _make_name(request)
    message_id = f"<{name}@{rules.domain}>"
    head = _make_head(request, rules, message_id)
    boundary = f"=_{request.name}"
    head["MIME-Version"] = "1.0"
    kind = f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'.encode()
    edge = f"--{boundary}\r\n".encode()
    words, label = _make_words(request), _make_label(request)
    parts = (edge, _write(words), b"\r\n", edge, _write(label), file, f"--{boundary}--\r\n".encode())
    ways = write_mailbox("From", request.sender, rules.sender) + write_mailbox("To", request.target.name, rules.mailbox)
    content = b"".join((ways.encode(), _write(head).removesuffix(b"\r\n"), kind, *parts))
    return Letter(name, rules.sender, rules.mailbox, message_id, content, rules.dsn)


def _make_name(request: DeliveryRequest) -> str:
    """The delivery's name and a sign, by which a report of this mail is known from one that somebody made up; the same
    in every try."""
    known = _SIGNED.match(request.remote_id or "")
    if known is not None and known["name"] == request.name:
        return known["signed"]
    return f"{request.name}_{secrets.token_hex(_SIGN_BYTES)}"


def _make_head(request: DeliveryRequest, rules: MailRules, message_id: str) -> EmailMessage:
    """The message's own header without its addresses. `Auto-Submitted` (RFC 3834) keeps those who answer by themselves
    from answering."""
    head = EmailMessage(_POLICY)
    head["Subject"] = write_field(request.title) or "Document"
    head["Date"] = format_datetime(localtime())
    head["Message-ID"] = message_id
    head["Auto-Submitted"] = "auto-generated"
    if rules.mdn is not None:
        head["Disposition-Notification-To"] = rules.mdn
    return head


def _make_words(request: DeliveryRequest) -> EmailMessage:
    words = EmailMessage(_POLICY)
    pages = request.rendition.pages
    count = f"{pages} page" + "s" * (pages != 1)
    words.set_content(f"{write_field(request.title)}\n{count}, attached. Sent by {write_field(request.sender)}.\n")
    return words


def _make_label(request: DeliveryRequest) -> EmailMessage:
    """The header of the part that holds the file."""
    form = request.rendition.format
    label = EmailMessage(_POLICY)
    name = _NO_NAME.sub("-", write_field(request.title)).strip(" .-")[:100] or "document"
    ending = _ENDINGS.get(form, "bin")
    name = name if name.lower().endswith(f".{ending}") else f"{name}.{ending}"
    label["Content-Type"] = form if form in _ENDINGS else "application/octet-stream"
    label["Content-Transfer-Encoding"] = "base64"
    label.add_header("Content-Disposition", "attachment", filename=name)
    return label


def _write(part: EmailMessage) -> bytes:
    return part.as_bytes(policy=_POLICY)
