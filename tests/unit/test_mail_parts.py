"""Mails are taken apart as they stand in a file, with bounds on everything (RFC 2045, RFC 2046)."""

from __future__ import annotations

import email
import io
import tracemalloc
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.errors import BadRequest, UserError
from distserver.intake.mail.documents import is_document, is_passed_over, list_names
from distserver.intake.mail.heads import find_author, parse_head, read_filename, read_text
from distserver.intake.mail.parts import read_parts


def bodies(data: bytes) -> list[tuple[str, bytes]]:
    return [(part.kind, b"".join(part.body)) for part in read_parts(io.BytesIO(data))[1]]


def write(*files: bytes, coding: str = "base64", text: str = "Hello") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "hanako@example.org"
    message.set_content(text)
    for number, file in enumerate(files):
        message.add_attachment(file, maintype="application", subtype="pdf", filename=f"見積{number}.pdf", cte=coding)
    return message.as_bytes()


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=3))
def test_files_come_out_as_they_went_in(files: list[bytes]) -> None:
    found = [body for kind, body in bodies(write(*files)) if kind == "application/pdf"]
    assert found == files


@pytest.mark.parametrize("wrong", ["x-uuencode", "base64"])
def test_a_document_that_cannot_be_read_is_refused_before_anybody_is_asked_about_it(wrong: str) -> None:
    mail = write(b"%PDF-", coding="quoted-printable")
    assert list_names(read_parts(io.BytesIO(mail))[1]) == ["見積0.pdf"]
    damaged = mail.replace(b": quoted-printable", f": {wrong}".encode()).replace(b"%PDF-", b"JVBER")
    for unfit in (damaged, mail.replace(b"application/pdf", b"application/zip"), write(*[b"x"] * 21)):
        with pytest.raises(BadRequest):
            list_names(read_parts(io.BytesIO(unfit))[1])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200))
def test_quoted_text_is_what_the_library_reads(text: str) -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content(text, cte="quoted-printable")
    ((_, body),) = bodies(message.as_bytes())
    again = email.message_from_bytes(message.as_bytes(), policy=SMTP)
    assert body.replace(b"\r\n", b"\n").rstrip(b"\n") == again.get_payload(decode=True).replace(b"\r\n", b"\n").rstrip(
        b"\n"
    )  # type: ignore[union-attr]


@given(st.binary(max_size=2000))
def test_no_mail_breaks_the_reader(data: bytes) -> None:
    """Whatever comes, it is read or refused."""
    for head in (b"", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"):
        try:
            for part in read_parts(io.BytesIO(head + data))[1]:
                name = read_filename(part.head)
                read_text(part.head, "Subject")
                is_document(part, name), is_passed_over(part, name)
                b"".join(part.body)
        except UserError:
            pass


def test_deep_nesting_is_refused() -> None:
    data = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000))
    with pytest.raises(BadRequest, match="nested"):
        bodies(data)


def test_many_parts_are_refused() -> None:
    with pytest.raises(BadRequest, match="parts"):
        bodies(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000)


def test_a_giant_header_is_refused() -> None:
    with pytest.raises(BadRequest, match="header"):
        bodies(b"Subject: " + b"x" * (1 << 20) + b"\r\n\r\n")


@pytest.mark.parametrize("line", [b"QUJD" * (1 << 20), b"QUJDRA==" * (1 << 19), (b"QUJD" * 19 + b"\r\n") * 55_000])
def test_memory_is_bounded_whatever_a_line_is_long(line: bytes) -> None:
    file = io.BytesIO(b"Content-Transfer-Encoding: base64\r\n\r\n" + line)
    tracemalloc.start()
    size = sum(len(piece) for part in read_parts(file)[1] for piece in part.body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < size <= len(line)
    assert peak < 1 << 20


def test_a_long_field_with_parameters_is_refused() -> None:
    """To take one of 60 KB apart costs half a second, and a mail has two hundred parts."""
    field = b'Content-Type: application/pdf; name="' + b'\\";' * 20_000
    with pytest.raises(BadRequest, match="Content- field"):
        bodies(field + b"\r\n\r\n")


@pytest.mark.parametrize(
    "boundary",
    [b"*=utf-7''+2AA-", b"*=idna''xn--", b"*=unicode_escape''%5Cud800", b"*=x''", b'=""', b"=" + b"x" * 71],
)
def test_a_boundary_that_is_none_is_refused(boundary: bytes) -> None:
    with pytest.raises(BadRequest, match="boundary"):
        bodies(b"Content-Type: multipart/mixed; boundary" + boundary + b"\r\n\r\n")


def test_an_unknown_encoding_matters_only_to_who_reads_it() -> None:
    data = b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin\r\n"
    with pytest.raises(BadRequest, match="x-uuencode"):
        bodies(data)
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + data + b"--b\r\n\r\nhello\r\n--b--\r\n"
    codings = [part.head["Content-Transfer-Encoding"] for part in read_parts(io.BytesIO(mail))[1]]
    assert codings == ["x-uuencode", None]


@pytest.mark.parametrize(
    "field",
    [
        "From: hanako@example.org, taro@example.org",
        "From: hanako@example.org\r\nFrom: taro@example.org",
        "From: hanako@example.org <taro@example.net> x",
        "From: <hanako@example.org> <taro@example.net>",
        "From: hanako@example.org)taro@example.net",
        "Subject: nobody",
        "From: " + "(" * 20_000,
    ],
)
def test_an_author_that_could_be_two_is_none(field: str) -> None:
    with pytest.raises(BadRequest, match="one sender"):
        find_author(parse_head(field.encode() + b"\r\n\r\n"))


@pytest.mark.parametrize(
    "field",
    [
        "From: Hanako@Example.ORG",
        'From: "Yamada, Hanako" <hanako@example.org>',
        "From: =?utf-8?q?=E8=8A=B1?= <hanako@example.org>",
    ],
)
def test_the_author_is_read(field: str) -> None:
    assert find_author(parse_head(field.encode() + b"\r\n\r\n")) == "hanako@example.org"


@pytest.mark.parametrize("value", ["=?x-klingon?b?AAAA?=", "=?utf-8?b?=====?=", "=?utf-8?q?=FF=FE?=", "\udc80\x00bad"])
def test_bad_charsets_do_not_raise(value: str) -> None:
    assert isinstance(
        read_text(parse_head(f"Subject: {value}\r\n\r\n".encode("utf-8", "surrogateescape")), "Subject"), str
    )
