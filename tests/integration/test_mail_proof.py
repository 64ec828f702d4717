"""Who a mail is from is believed on a proof for the author's domain alone (RFC 6376, RFC 8601)."""

from __future__ import annotations

import io
import socketserver
from collections.abc import Iterator

import dkim
import dns.message
import dns.rrset
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from distserver.intake.mail.heads import parse_head
from distserver.intake.mail.proof import Claim, FindKey, is_confirmed_by, is_signed, make_key_finder
from tests.support.serving import serving

_SALES = "sales@print.example.org"
_CLAIM = Claim("hanako@example.org", (_SALES,))
_KEY = rsa.generate_private_key(65537, 2048)
_PEM = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
_PUBLIC = _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
_RECORD = "v=DKIM1; k=rsa; p=" + "".join(_PUBLIC.decode().splitlines()[1:-1])
_KNOWN = ("mail._domainkey.example.org.", "mail._domainkey.evil.example.net.")


class _Names(socketserver.BaseRequestHandler):
    """A name server that knows two keys."""

    def handle(self) -> None:
        data, line = self.request
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        name = question.question[0].name
        if str(name) in _KNOWN:
            pieces = " ".join(f'"{_RECORD[at : at + 200]}"' for at in range(0, len(_RECORD), 200))
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", pieces))
        line.sendto(answer.to_wire(), self.client_address)


@pytest.fixture(scope="module")
def find_key() -> Iterator[FindKey]:
    with socketserver.UDPServer(("127.0.0.1", 0), _Names) as server, serving(server, "names"):
        yield make_key_finder(("127.0.0.1", server.server_address[1]))


def write(to: str = _SALES, author: str = "hanako@example.org", body: str = "Hello") -> bytes:
    return f"From: {author}\r\nTo: {to}\r\nSubject: Prices\r\nMessage-ID: <1@example.org>\r\n\r\n{body}\r\n".encode()


def sign(mail: bytes, domain: str = "example.org", **how: object) -> bytes:
    headers = how.pop("headers", [b"from", b"to", b"subject"])
    signature = dkim.sign(mail, b"mail", domain.encode(), _PEM, include_headers=headers, **how)
    return bytes(signature) + mail


def is_proved(mail: bytes, find_key: FindKey, claim: Claim = _CLAIM) -> bool:
    return is_signed(parse_head(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"), io.BytesIO(mail), claim, find_key)


def test_a_signed_mail_is_proved(find_key: FindKey) -> None:
    assert is_proved(sign(write()), find_key)
    assert is_proved(sign(write(f"Sales <{_SALES.upper()}>")), find_key)


def test_a_domain_signs_for_those_below_it(find_key: FindKey) -> None:
    claim = Claim("hanako@osaka.example.org", (_SALES,))
    assert is_proved(sign(write(author=claim.author)), find_key, claim)


@pytest.mark.parametrize(
    "mail",
    [
        write(),
        sign(write()).replace(b"Hello", b"Hullo"),
        sign(write()).replace(b"Subject: Prices", b"Subject: Others"),
        sign(write(), "evil.example.net"),
        sign(write(), "unknown.example.com"),
        sign(write("boss@example.org")),
        sign(write(), headers=[b"from"]),
        sign(write(), length=True) + b"more\r\n",
        b"DKIM-Signature: v=1; nonsense\r\n" + write(),
        b"DKIM-Signature: \xff\xfe\r\n" + write(),
    ],
    ids=["unsigned", "changed", "subject", "other", "no-key", "sent-on", "from-only", "appended", "nonsense", "bytes"],
)
def test_others_are_not(find_key: FindKey, mail: bytes) -> None:
    assert not is_proved(mail, find_key)


@pytest.mark.parametrize(
    ("results", "proved"),
    [
        ("mx.example.org; dkim=pass header.d=example.org", True),
        ("mx.example.org 1; dkim=pass (2048-bit; ok) header.i=@example.org header.b=xy", True),
        ("mx.example.org; spf=fail smtp.mailfrom=x@y; dmarc=pass header.from=example.org", True),
        ("mx.example.org; auth=pass smtp.auth=hanako@example.org", True),
        ("mx.example.org; spf=pass smtp.mailfrom=hanako@example.org", True),
        ("mx.example.org; spf=pass smtp.mailfrom=taro@example.org", False),
        ("mx.example.org; auth=pass smtp.auth=taro@example.org", False),
        ("mx.example.org; dkim=fail header.d=example.org", False),
        ("mx.example.org; dkim=pass header.d=evil.example.net", False),
        ("mx.example.org; dkim=pass header.d=org", False),
        ("mx.evil.net; dkim=pass header.d=example.org", False),
        ("mx.example.org; dkim=none (dkim=pass header.d=example.org)", False),
        ("mx.example.org; none", False),
        ("", False),
    ],
)
def test_the_word_of_a_mail_server_of_ours_counts(results: str, proved: bool) -> None:
    head = parse_head(f"Authentication-Results: {results}\r\n\r\n".encode())
    assert is_confirmed_by(head, "mx.example.org", _CLAIM) is proved
