"""What people call things stays within its field of a mail, however it is written (RFC 5322, RFC 2047)."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.model.address import AddressError, parse_address
from distserver.model.mail_fields import is_reference, write_field, write_mailbox
from distserver.report.answers import Answered, compose_answer
from distserver.report.mail import compose_message
from distserver.report.notify import Letter

_WORD = "=?utf-8?q?=0d=0aBcc:_all@example.net?="
_PIECES = ["\r", "\n", "\u2028", "\x85", " ", "a", "é", "日本", '"', "\\", "<", ">", "@", ",", ";", ":", "(", ")", "."]
_HOSTILE = st.lists(st.sampled_from([*_PIECES, "=?utf-8?q?", "?=", "x" * 80, "Bcc: x@y", "\ud800"]), max_size=25)


def fields(message: EmailMessage) -> list[str]:
    """As another reader finds them in what goes out."""
    return email.message_from_bytes(message.as_bytes(), policy=email.policy.compat32).keys()


@given(_HOSTILE)
def test_a_name_is_neither_a_field_nor_an_address(pieces: list[str]) -> None:
    written = write_mailbox("To", "".join(pieces), "osaka@example.org")
    found = email.message_from_bytes(written.encode() + b"\r\n", policy=email.policy.compat32)
    assert found.keys() == ["To"]
    assert [address for _, address in getaddresses([str(found["To"])])] == ["osaka@example.org"]
    assert all(len(line) < 900 for line in written.splitlines())


@given(_HOSTILE)
def test_a_title_is_one_field(pieces: list[str]) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = write_field("".join(pieces))
    assert fields(message) == ["Subject"]


def test_names_are_read_as_they_were_written() -> None:
    for name in ("Osaka branch", "大阪支店", "Osaka, 2nd floor (A. B.)", 'the "new" office', "x" * 50):
        written = write_mailbox("To", name, "osaka@example.org").encode() + b"\r\n"
        (found,) = email.message_from_bytes(written, policy=email.policy.default)["To"].addresses
        assert (found.display_name, found.addr_spec) == (name, "osaka@example.org")


def test_an_answer_holds_no_field_of_the_mail_that_it_answers() -> None:
    """Anybody may write a Message-ID and a subject; the question whether it was them goes to somebody else."""
    plain = fields(compose_answer(Answered("a@example.org", "<1@example.net>", "Hello", "b", "m"), "c@b", "text"))
    for message_id, subject in ((f"<{_WORD}@x>", "Hello"), ("<1@example.net>", _WORD), ("<a b@x>", "\u2028x")):
        answer = compose_answer(Answered("a@example.org", message_id, subject, "b", "m"), "c@b", "text")
        assert "Bcc" not in fields(answer)
        assert set(fields(answer)) <= set(plain)


def test_a_notice_holds_no_field_of_what_it_is_about() -> None:
    letter = Letter("a@example.org", f"Gone: {_WORD}", "text", "mark", ())
    assert "Bcc" not in fields(compose_message(letter, "c@example.org"))


def test_a_mailbox_is_no_encoded_word() -> None:
    with pytest.raises(AddressError):
        parse_address(f"mailto:{_WORD}@example.org")
    assert parse_address("mailto:fax=+81312345678@gateway.example.org")


@pytest.mark.parametrize(
    ("text", "good"),
    [("<1.a-b@example.org>", True), ("<a=b?@x>", True), (f"<{_WORD}>", False), ("<a b@x>", False), ("", False)],
)
def test_what_may_be_referred_to(text: str, good: bool) -> None:
    assert is_reference(text) is good
