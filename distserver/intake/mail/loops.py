"""What nobody sent by hand becomes no job: thus a loop of mails ends by itself (RFC 3834, RFC 2076, RFC 5321 §6.3)."""

from __future__ import annotations

from collections.abc import Collection

from distserver.errors import BadRequest
from distserver.intake.mail.heads import Head, message_ids, read_all
from distserver.model.mail_reports import read_delivery_name

LOOP_FIELD = "X-Loop"
MOST_HOPS = 30
_BULK = ("bulk", "junk", "list")
_ROBOTS = ("List-Id", "X-Autoreply", "X-Autorespond")


def is_ours(head: Head, domains: Collection[str]) -> bool:
    """Whether this mail, or the one that it is a copy of, went out from here."""
    if any(value.strip().lower() in domains for value in read_all(head, LOOP_FIELD)):
        return True
    return is_delivery(head, domains)


def is_delivery(head: Head, domains: Collection[str]) -> bool:
    """Whether this mail, or the one that it is a copy of, is a document on its way from here to a destination."""
    ids = message_ids(read_all(head, "Message-ID")) + message_ids(read_all(head, "Resent-Message-ID"))
    return any(read_delivery_name(one) is not None and _domain(one) in domains for one in ids)


def check_by_hand(head: Head, sender: str) -> None:
    """Raises `BadRequest` when a program sent the mail by itself."""
    if not sender:
        raise BadRequest("a mail without a sender's address is no job: send it from your own address")
    words = read_all(head, "Auto-Submitted")
    if any(word.partition(";")[0].strip().lower() not in ("", "no") for word in words):
        raise BadRequest("an automatic answer is no job: send the document in a mail of your own")
    if any(word.strip().lower() in _BULK for word in read_all(head, "Precedence")):
        raise BadRequest("mail of a list or in bulk is no job: send the document to the group's address yourself")
    if any(name in head for name in _ROBOTS):
        raise BadRequest("mail of a list or of a program is no job: send the document to the group's address yourself")
    if len(head.get_all("Received", [])) > MOST_HOPS:
        raise BadRequest(f"the mail has gone through more than {MOST_HOPS} servers: it goes in a circle")


def _domain(message_id: str) -> str:
    return message_id.strip("<>").rpartition("@")[2].lower()
