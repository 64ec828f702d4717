"""The file that says where faxes that come in go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.intake.fax.routes import FaxRoutes, parse_routes
from distserver.model.received_faxes import FaxCaller

TEXT = """# faxes
hylafax://fax1; Head office; admin=@fax1 country=JP
hylafax://[::1]:4560; Other; user=in secret=@other
sub:101; Osaka; hold=yes
did:03-5550-1234; Sales
from:+8166*; Osaka; priority=urgent
from:+1 212 555 0100; 本社
*; Reception
"""


def read(text: str) -> FaxRoutes:
    return parse_routes(text.encode(), "fax-in.rec", "JP")


def group_of(routes: FaxRoutes, **who: str) -> str | None:
    found = routes.find(FaxCaller(**who), "JP")
    return None if found is None else found.group


def test_servers_and_patterns_are_read() -> None:
    routes = read(TEXT)
    assert not routes.problems
    assert [(one.place, one.user, one.secret, one.admin) for one in routes.hosts] == [
        ("fax1:4559", "distserver", None, "@fax1"),
        ("::1:4560", "in", "@other", None),
    ]
    assert [one.written for one in routes.routes] == [
        "sub:101", "did:+81355501234", "from:+8166*", "from:+12125550100", "*",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "group"),
    [
        ({"subaddress": "101", "number": "+12125550100"}, "Osaka"),
        ({"subaddress": "1010"}, "Reception"),
        ({"called": "0355501234"}, "Sales"),
        ({"called": "+81 3 5550 1234"}, "Sales"),
        ({"number": "06-6555-0199"}, "Osaka"),
        ({"identity": "+81 66 555 0199"}, "Osaka"),
        ({"number": "001012125550100"}, "Reception"),
        ({"number": "01012125550100"}, "本社"),
        ({}, "Reception"),
        ({"identity": "ACME; DROP"}, "Reception"),
    ],
)
def test_the_first_line_that_fits_counts(who: dict[str, str], group: str) -> None:
    assert group_of(read(TEXT), **who) == group


def test_without_a_line_for_all_there_may_be_none() -> None:
    assert group_of(read("sub:101; Osaka"), subaddress="102") is None
    assert group_of(read(""), subaddress="102") is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("101; Osaka", "is no pattern: write sub:101"),
        ("sub:; Osaka", "is no pattern"),
        ("sub:101", "a line is PATTERN; GROUP"),
        ("http://fax1; X", "is no HylaFAX server: write hylafax://HOST:4559"),
        ("hylafax://:x; X", "is no HylaFAX server"),
        ("from:+99999; X", "number"),
        ("sub:1; X; hold=perhaps", "cannot be 'perhaps'"),
        ("hylafax://fax1; X; admin=open", "does not belong into this file"),
        ("sub:1; X; copies=2", "the option 'copies' is not known"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_the_others_count(line: str, words: str) -> None:
    routes = read(f"# first\n{line}\n*; Reception\n")
    assert [(one.line, words in one.reason) for one in routes.problems] == [(2, True)], routes.problems
    assert routes.routes[-1].group == "Reception"


def test_a_password_in_the_file_is_not_used() -> None:
    (host,) = read("hylafax://fax1; X; secret=open\n").hosts
    assert host.secret is None


@given(st.binary(max_size=300))
def test_no_file_breaks_it(data: bytes) -> None:
    parse_routes(data, "fax-in.rec", "JP")


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_a_caller_says_breaks_it(identity: str, number: str, subaddress: str) -> None:
    assert group_of(read(TEXT), identity=identity, number=number, subaddress=subaddress)
