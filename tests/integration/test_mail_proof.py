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

from distserver.intake.mail.heads import Head, parse_head
from distserver.intake.mail.proof import Claim, FindKey, Proof, find_confirmation, find_signature, make_key_finder
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


def find_proof(mail: bytes, find_key: FindKey, claim: Claim = _CLAIM) -> Proof | None:
    return find_signature(head_of(mail), io.BytesIO(mail), claim, find_key)


def is_proved(mail: bytes, find_key: FindKey, claim: Claim = _CLAIM) -> bool:
    return find_proof(mail, find_key, claim) is not None


def head_of(mail: bytes) -> Head:
    return parse_head(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")


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
        f"Cc: {_SALES}\r\n".encode() + sign(write("boss@example.org")),
        f"To: {_SALES}\r\n".encode() + sign(write("boss@example.org")),
        b"Subject: to: others\r\n" + sign(write()),
        f"X-A: b\rTo: {_SALES}\r\n".encode() + sign(write("boss@example.org")),
        b"Message-ID: <2@example.org>\r\n" + sign(write(), headers=[b"from", b"to", b"subject", b"message-id"]),
        b"DKIM-Signature: v=1; nonsense\r\n" + write(),
        b"DKIM-Signature: \xff\xfe\r\n" + write(),
    ],
    ids=[
        "unsigned",
        "changed",
        "subject",
        "other",
        "no-key",
        "sent-on",
        "from-only",
        "appended",
        "cc",
        "to",
        "about",
        "bare",
        "id",
        "nonsense",
        "bytes",
    ],
)
def test_others_are_not(find_key: FindKey, mail: bytes) -> None:
    assert not is_proved(mail, find_key)


def test_who_has_got_a_mail_cannot_send_it_again_under_another_id(find_key: FindKey) -> None:
    """Where the signature leaves out the Message-ID, what is signed tells mails from each other."""
    proofs = [
        find_proof(mail, find_key)
        for mail in (
            sign(write()),
            sign(write()).replace(b"<1@", b"<2@"),
            b"X-Spam: no\r\n" + sign(write()).replace(b"Message-ID: <1@example.org>\r\n", b""),
        )
    ]
    assert proofs[0] is not None
    assert proofs[0].identity
    assert proofs == [proofs[0]] * 3
    other = find_proof(sign(write(body="Others")), find_key)
    assert other is not None
    assert other != proofs[0]
    assert find_proof(sign(write(), headers=[b"from", b"to", b"subject", b"message-id"]), find_key) == Proof()


def test_a_copy_that_is_signed_counts(find_key: FindKey) -> None:
    mail = f"Cc: {_SALES}\r\n".encode() + write("boss@example.org")
    assert is_proved(sign(mail, headers=[b"from", b"to", b"cc", b"subject"]), find_key)


def test_a_mail_of_blanks_is_not_looked_at(find_key: FindKey) -> None:
    """The library would never come back from it; of some blanks it does."""
    forged = sign(write()).replace(b"relaxed/simple", b"relaxed/relaxed").replace(b"simple/simple", b"relaxed/relaxed")
    assert not is_proved(forged.replace(b"Hello", b" " * (4 << 20) + b"x"), find_key)
    assert is_proved(sign(write(body="a" + " " * 5000 + "b")), find_key)


def test_a_signature_of_blanks_is_not_looked_at(find_key: FindKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps the library busy for a minute, in which the process does nothing else."""
    looked: list[int] = []
    monkeypatch.setattr(dkim.DKIM, "verify", lambda *_, idx, **__: looked.append(idx))
    signed = sign(write())
    for blanks in (b"\r\n " * 10_000, b" " * 60 + b"\r\n\t"):
        assert not is_proved(signed.replace(b" b=", b" b=" + blanks, 1).replace(b"==", b"!!"), find_key)
    assert looked == [0], "one with a few is"


def test_no_stranger_is_asked_for_a_key() -> None:
    """Their name server could keep us waiting."""
    asked: list[bytes] = []

    def find_key(name: bytes, timeout: float = 5) -> None:
        asked.append(name)

    assert not is_proved(sign(write(), "evil.example.net"), find_key)
    assert not is_proved(sign(write("boss@example.org")), find_key)
    assert asked == []
    assert not is_proved(sign(sign(write()), "evil.example.net"), find_key)
    assert asked == [b"mail._domainkey.example.org."]


def is_confirmed(*results: str, mail: bytes = sign(write())) -> bool:
    fields = "".join(f"Authentication-Results: {one}\r\n" for one in results)
    return find_confirmation(head_of(fields.encode() + mail), "mx.example.org", _CLAIM) is not None


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
    assert is_confirmed(results) is proved


@pytest.mark.parametrize(
    "results",
    [
        'mx.example.org; spf=none smtp.mailfrom="a; dkim=pass header.d=example.org"@evil.example.net',
        'mx.example.org; dkim=pass header.d=evil.example.net header.i="x header.d=example.org"@evil.example.net',
        'mx.example.org; spf=pass smtp.mailfrom="x smtp.mailfrom=hanako@example.org "@evil.example.net',
        "mx.example.org; spf=pass smtp.mailfrom=x=smtp.mailfrom=hanako@example.org",
        "mx.example.org; auth=pass smtp.auth=taro smtp.mailfrom=hanako@example.org",
        "mx.example.org; spf=none (sender \\) dkim=pass header.d=example.org; ) smtp.mailfrom=x@evil.example.net",
        "mx.example.org; spf=none (a (b) ; dkim=pass header.d=example.org)",
        'mx.example.org; spf=none smtp.helo="open; dkim=pass header.d=example.org',
        "mx.example.org; dkim=fail reason=pass policy.x-header.d=example.org header.d=example.org",
    ],
)
def test_what_a_sender_has_written_is_no_result(results: str) -> None:
    """Return path and `i=` of a signature are theirs to choose, and stand among the results, quoted."""
    assert not is_confirmed(results)


def test_of_a_method_the_topmost_result_counts() -> None:
    """A mail server's own stands above what the mail has brought with it."""
    forged = "mx.example.org; dkim=pass header.d=example.org"
    assert not is_confirmed("mx.example.org; dkim=none; spf=fail", forged)
    assert is_confirmed("mx.example.org; spf=fail", forged), "filters for one method each write fields of their own"


def test_a_mail_that_was_sent_on_is_not_confirmed() -> None:
    """Its signature is valid, and says that it was written to somebody else."""
    valid = "mx.example.org; dkim=pass header.d=example.org; dmarc=pass header.from=example.org"
    assert not is_confirmed(valid, mail=sign(write("boss@example.org")))
    assert not is_confirmed(valid, mail=f"Cc: {_SALES}\r\n".encode() + sign(write("boss@example.org")))
    assert not is_confirmed("mx.example.org; dkim=pass header.d=example.org", mail=write())
    assert is_confirmed("mx.example.org; dmarc=pass header.from=example.org", mail=write()), "where it came from"
