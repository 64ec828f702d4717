"""Mailboxes behind a relay, as destinations (the contract suite and the tests of the mail channel)."""

from __future__ import annotations

from distserver.deliver.contract import Target, Timeouts
from distserver.model.address import parse_address

MAILBOX = "branch@example.org"
PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=60)


def mail_target(port: int, mailbox: str = MAILBOX, *options: tuple[str, str], **more: str) -> Target:
    """The mailbox, behind the relay at this port."""
    said = (("server", f"smtp://127.0.0.1:{port}"), ("from", "head@example.com"), *options)
    return Target(parse_address(f"mailto:{mailbox}"), "Branch", options=said, timeouts=PATIENT, **more)
