"""Mails that go back to who has sent one: receipts of a job, and the question whether it was them (RFC 3834). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime

from distserver.model.jobs import DeliveryView, JobView
from distserver.model.mail_fields import is_reference, write_field
from distserver.model.states import DeliveryState
from distserver.report import words
from distserver.report.notify import tidy

_POLICY = SMTP.clone(cte_type="7bit")
_MOST_TOLD = 500
_LONGEST, _LONGEST_SUBJECT = 300, 150


@dataclass(frozen=True, slots=True)
class Answered:
    """The mail that is answered: its sender, Message-ID and subject. `domain` is ours, `mark` is new to each answer."""

    to: str
    message_id: str
    subject: str
    domain: str
    mark: str


def write_receipts(job: JobView, deliveries: Sequence[DeliveryView], url: str) -> str:
    """What became of a job, one delivery a paragraph; those that failed come first."""
    counts = job.counts
    head = f"{job.title}\nJob {job.id}: {counts.completed} of {counts.total} delivered"
    failed = counts.total - counts.completed
    head += f", {failed} not." if failed else "."
    ordered = sorted(deliveries, key=lambda one: (one.state is DeliveryState.COMPLETED, one.number))
    blocks = [_describe(one, job) for one in ordered[:_MOST_TOLD]]
    if len(ordered) > _MOST_TOLD:
        blocks.append(f"… and {len(ordered) - _MOST_TOLD} more.")
    return "\n\n".join([head, *blocks, f"All of it: {url}/jobs/{job.id}"]) + "\n"


def write_question(group: str, documents: str, hours: float) -> str:
    """Whether the sender has sent it."""
    return (
        f"A mail from your address wants '{tidy(documents, _LONGEST)}' to go to the group "
        f"'{tidy(group, _LONGEST)}'.\n"
        "It cannot be told for certain that it is yours.\n\n"
        "If you have sent it: answer this mail, whatever you write. The document goes out then.\n"
        f"If not: do nothing. It is forgotten after {hours:g} hours.\n"
    )


def compose_answer(answered: Answered, sender: str, text: str, reply_to: str = "") -> EmailMessage:
    """The mail. Programs see that no person wrote it, and do not answer it by themselves."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = answered.to
    if reply_to:
        message["Reply-To"] = reply_to
    subject = write_field(answered.subject, _LONGEST_SUBJECT) or "your document"
    message["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{answered.mark}@{answered.domain}>"
    if is_reference(answered.message_id):
        message["In-Reply-To"] = message["References"] = answered.message_id
    message["Auto-Submitted"] = "auto-replied"
    message["X-Loop"] = answered.domain
    message.set_content(text)
    return message


def _describe(delivery: DeliveryView, job: JobView) -> str:
    phrase = words.describe_delivery(delivery, job=job)
    lines = [f"{tidy(delivery.name, _LONGEST)} ({tidy(delivery.address, _LONGEST)}): {phrase.sentence}"]
    if delivery.message and not words.is_technical(delivery.reason):
        lines.append(f"  {tidy(delivery.message, _LONGEST)}")
    return "\n".join(lines)
