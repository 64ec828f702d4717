"""Answers to challenges, with the examples of RFC 7616 §3.9.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.ipp.auth import Challenge, answer_challenge, choose_challenge, parse_challenges

HEADER = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_examples_of_the_standard(algorithm: str, response: str) -> None:
    challenge = parse_challenges([HEADER.format(algorithm)])[0]
    answer = answer_challenge(
        challenge, "Mufasa", "Circle of Life", "/dir/index.html", method="GET", client_nonce=CNONCE
    )
    assert f'response="{response}"' in answer
    assert "nc=00000001" in answer
    assert challenge.count == 1


def test_strongest_is_chosen() -> None:
    found = parse_challenges([f'Basic realm="x", {HEADER.format("MD5")}', HEADER.format("SHA-256")])
    assert [c.scheme for c in found] == ["basic", "digest", "digest"]
    chosen = choose_challenge(found)
    assert chosen is not None
    assert chosen.algorithm == "sha-256"


def test_what_we_cannot_answer_is_not_chosen() -> None:
    header = 'Negotiate, Digest realm="x", nonce="y", algorithm=SHA-512-256, Digest nonce="z", qop="auth-int"'
    assert choose_challenge(parse_challenges([header])) is None


def test_basic() -> None:
    assert answer_challenge(Challenge("basic"), "Aladdin", "open sesame", "/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@given(st.text(max_size=200))
def test_any_header_is_read(header: str) -> None:
    choose_challenge(parse_challenges([header]))
