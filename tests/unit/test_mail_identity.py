"""What tells one mail from another, so that a repetition is the same job and nothing else is."""

from __future__ import annotations

import io

from distserver.intake.mail.heads import parse_head
from distserver.intake.mail.identity import find_message_id, identify

_SCAN = b"From: scanner@example.org\r\nSubject: Scan\r\n\r\n"


def name(mail: bytes) -> str:
    return identify(parse_head(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"), io.BytesIO(mail))


def test_scans_without_date_and_id_are_told_apart_by_what_they_hold() -> None:
    """Many devices write neither: the second scan must not count as the first one's repetition."""
    assert name(_SCAN + b"one") != name(_SCAN + b"two")
    assert name(b"Received: by a\r\n" + _SCAN + b"one") == name(b"Received: by b\r\n" + _SCAN + b"one")
    assert name(_SCAN + b"one") != name(_SCAN.replace(b"Scan", b"Other") + b"one")


def test_an_empty_id_is_none() -> None:
    empty = b"Message-ID: <>\r\n" + _SCAN
    assert name(empty + b"one") != name(empty + b"two")
    assert find_message_id(parse_head(empty)) == ""


def test_a_mail_with_an_id_is_the_same_whatever_is_done_to_it_on_its_way() -> None:
    mail = b"Message-ID: <1@example.org>\r\n" + _SCAN
    assert name(mail + b"one") == name(mail + b"one\r\n-- \r\nfooter") == "<1@example.org>"
