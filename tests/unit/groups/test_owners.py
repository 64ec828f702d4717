"""Who answers for a group stands among the comments of its file (D1, N4), and costs it nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.owners import canonical_address, read_addresses, read_owners
from distserver.groups.problems import Severity
from distserver.groups.recfile import format_member, parse_recfile
from distserver.groups.snapshot import Group
from distserver.model.address import Destination, parse_address

TEXT = (
    "# 営業関係全部\n# eigyou_all.rec\n# owner: hanako@example.org, Taro@Branch.Example.ORG\n192.0.2.7; 名古屋営業所\n"
)
OWNERS = ("hanako@example.org", "Taro@branch.example.org")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "euc_jp"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_owners_are_read_in_every_encoding_and_kept_byte_by_byte(codec: str, end: str) -> None:
    data = TEXT.replace("\n", end).encode(codec)
    rec = parse_recfile(data, "eigyou_all.rec")
    assert (rec.owners, rec.name, rec.problems) == (OWNERS, "営業関係全部", ())
    assert Group.of(rec).owners == OWNERS
    device = Destination(parse_address("192.0.2.8"), "大阪営業所")
    grown = rec.with_member(device)
    assert grown.owners == OWNERS
    shrunk = grown.without_members({device.address.uri})
    assert (shrunk.owners, shrunk.to_bytes()) == (OWNERS, data)
    assert format_member(device) in grown.lines[-1].text


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_line_may_stand_before_the_name_too(place: int) -> None:
    lines = ["# Sales", "# sales.rec"]
    lines.insert(place, "#Owner：a@example.org、b@example.org")
    rec = parse_recfile("\n".join([*lines, "192.0.2.7; Nagoya", ""]).encode(), "sales.rec")
    assert (rec.name, rec.owners, rec.problems) == ("Sales", ("a@example.org", "b@example.org"), ())


def test_several_lines_add_up_and_each_owner_counts_once() -> None:
    rec = parse_recfile(b"# S\n# s.rec\n# owner: a@x.example\n# note\n# owners: b@x.example, a@X.example\n", "s.rec")
    assert rec.owners == ("a@x.example", "b@x.example")


def test_a_comment_between_or_behind_destinations_is_a_comment() -> None:
    rec = parse_recfile(b"# S\n# s.rec\n192.0.2.7; N\n# owner: nobody at all\n", "s.rec")
    assert (rec.owners, rec.problems) == ((), ())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("# owner:", "no mail address stands after 'owner:'"),
        ("# owner: hanako", "'hanako' is no mail address: write it as name@example.org"),
        ("# owner: a@example.org, b@@c", "'b@@c' is no mail address: write it as name@example.org"),
    ],
)
def test_a_bad_address_is_a_warning_with_its_line(line: str, said: str) -> None:
    """D2: it hides nothing from use, the good addresses beside it count."""
    rec = parse_recfile(f"# S\n# s.rec\n{line}\n192.0.2.7; N\n".encode(), "s.rec")
    (problem,) = rec.problems
    assert (problem.line, problem.severity) == (3, Severity.WARNING)
    assert problem.reason == f"in the group's owners: {said}"
    assert len(rec.members) == 1
    assert rec.owners == (("a@example.org",) if "a@example.org" in line else ())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hanako.y+x@Example.ORG", "hanako.y+x@example.org"),
        ("ops@localhost", "ops@localhost"),
        ("ops@例え.jp", "ops@xn--r8jz45g.jp"),
        ("花子@example.org", None),
        ("a b@example.org", None),
        ("a@example.org\nBcc: b@example.org", None),
        ("a@example.org>", None),
        ('"a"@example.org', None),
        (".a@example.org", None),
        ("a@", None),
        ("@example.org", None),
        ("a@192.0.2.1", None),
        ("a@[192.0.2.1]", None),
        ("a@example.org:25", None),
        ("a@example.org/x", None),
        ("a" * 65 + "@example.org", None),
    ],
)
def test_addresses(text: str, address: str | None) -> None:
    assert canonical_address(text) == address


@given(st.text(max_size=60))
def test_what_is_taken_for_an_address_goes_into_a_header_as_it_is(text: str) -> None:
    for address in read_addresses(text).addresses:
        assert address.isascii()
        assert address.isprintable()
        assert not set(address) & set(' ,;<>()[]\\"')
        assert canonical_address(address) == address


@given(st.text(max_size=80))
def test_any_comment_can_be_read(text: str) -> None:
    found = read_owners(text)
    assert found is None or found.addresses or found.faults


@pytest.mark.parametrize("word", ["q?=0AX=3A_y", "q?=40", "b?SGVsbG8", "q?=ff"])
def test_what_a_mail_would_take_for_an_encoded_word_is_no_address(word: str) -> None:
    """RFC 2047: its letters may mean others, a line break among them, and so another address or none."""
    assert canonical_address(f"=?utf-8?{word}?=@example.org") is None
    assert canonical_address("a=b?c@example.org") == "a=b?c@example.org"
