"""The registry of destinations: which lines apply to whom, in which order, and what is wrong with the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.destinations import parse_rules
from distserver.groups.options import conceal
from distserver.groups.patterns import Breadth, parse_pattern
from distserver.model.address import AddressError, Destination, parse_address


def where(address: str, name: str = "Osaka branch", *options: tuple[str, str]) -> Destination:
    return Destination(parse_address(address), name, options)


@pytest.mark.parametrize(
    ("pattern", "address", "meant"),
    [
        ("*", "discard:x", True),
        ("tel:+81*", "fax:+81-3-1234-5678", True),
        ("fax:+81 3*", "tel:+81-3-1234-5678", True),
        ("tel:+81*", "tel:+49301234", False),
        ("tel:*", "mailto:a@example.org", False),
        ("mailto:*@EXAMPLE.org", "mailto:Taro@example.org", True),
        ("mailto:*@example.org", "mailto:taro@sub.example.org", False),
        ("ipp://*.branch.example.org/*", "osaka.branch.example.org", True),
        ("ipp://*.branch.example.org", "ipp://osaka.branch.example.org/printers/x?y", True),
        ("ipp://*.branch.example.org:631/*", "osaka.branch.example.org", True),
        ("ipps://*.branch.example.org/*", "osaka.branch.example.org", False),
        ("ipp://*.branch.example.org/*", "ipp://elsewhere.example.com/x.branch.example.org/y", False),
        ("ipp://?.example.org/*", "ipp://a/.example.org/", False),
        ("webhook:https://*.example.org/*", "webhook:https://elsewhere.example.com/?.example.org/", False),
        ("webhook:https://*.example.org/*", "webhook:https://hooks.example.org/in/a", True),
        ("*.branch.example.org", "ipp://elsewhere.example.com/.branch.example.org/ipp/print", False),
        ("*.branch.example.org", "OSAKA.branch.example.org", True),
        ("10.0.0.?", "10.0.0.7", True),
        ("10.0.0.?", "10.0.0.77", False),
        ("pc:*", "pc:Taro", True),
        ("cups:Office*@h", "cups:Office2@h", True),
        ("192.0.2.7", "ipp://192.0.2.7:631/ipp/print", True),
        ("name:osaka*", "discard:x", True),
        ("name:OSAKA  branch", "discard:x", True),
        ("name:Kobe*", "discard:x", False),
        ("pc:a.c", "pc:abc", False),
        ("ipp://*.example.org/*", "ipp://evil.example.net/x.example.org/y", False),
        ("ipp://*.example.org/*", "ipp://evil.example.net/?q=.example.org/", False),
        ("*.example.org", "ipp://evil.example.net/.example.org/ipp/print", False),
        ("webhook:https://*.example.org/*", "webhook:https://192.0.2.9/latest/x.example.org/y", False),
        ("webhook:https://*.example.org/*", "webhook:https://192.0.2.9/?x=.example.org/", False),
        ("webhook:http*://a.example.org/*", "webhook:https://a.example.org/x", True),
        ("webhook:http*://a.example.org/*", "webhook:https://192.0.2.9/://a.example.org/", False),
        ("webhook:https://a.example.org/x/*", "webhook:https://a.example.org/x/y/z?q", True),
        ("10.0.0.*", "10.0.0.evil.example.net", False),
        ("10.0.0.*", "10.0.0.12", True),
        ("cups:*@10.0.0.*", "cups:q@10.0.0.evil.example.net", False),
        ("cups:*@10.0.0.*", "cups:q@10.0.0.9:8631", False),
        ("cups:*@10.0.0.*", "cups:q@10.0.0.9", True),
        ("discard:[x]*", "discard:[x]y", True),
    ],
)
def test_whom_a_pattern_means(pattern: str, address: str, meant: bool) -> None:
    assert parse_pattern(pattern).make_test()(where(address)) is meant


def test_an_address_is_not_its_name() -> None:
    """Whoever types an address would have what is said of a name, by a host that is called so."""
    typed = parse_address("osaka.evil.example.net")
    test = parse_pattern("name:Osaka*").make_test()
    assert not test(Destination(typed, "osaka.evil.example.net"))
    assert not test(Destination(typed, " OSAKA.evil.example.net "))
    assert test(Destination(typed, "Osaka branch"))


@pytest.mark.parametrize(
    "text",
    ["", "foo:*", "name:", "a b*", "http://*.example.org/", "ipp://a:word@*.example.org/*", "ipp://*.a b/*"],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_pattern(text)
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("ipp://a.example.org/*", True),
        ("ipp://*.example.org/*", True),
        ("ipp://*.org/*", False),
        ("ipp://*/*", False),
        ("ipp://10.0.*/*", False),
        ("tel:*", False),
        ("*", False),
        ("name:Osaka", False),
        ("discard:x", True),
    ],
)
def test_which_patterns_say_where(pattern: str, names: bool) -> None:
    assert parse_pattern(pattern).names_place is names


def test_the_narrowest_line_counts_wherever_it_stands() -> None:
    text = """# options of destinations
discard:osaka; exactly this one; copies=5
name:Osaka branch; by its whole name; copies=4 media=A3
name:Osaka*; by its name; copies=3
discard:o*; longer; copies=2 sides=one-sided
discard:*; shorter; copies=1 sides=two-sided-long-edge color=color
*; everybody; copies=9 quality=draft
"""
    rules = parse_rules(text.encode())
    assert rules.problems == ()
    place = where("discard:osaka")
    assert [rule.number for rule in rules.find(place)] == [7, 6, 5, 4, 3, 2]
    options = dict(rules.options(place))
    assert options == {"copies": "5", "quality": "draft", "color": "color", "sides": "one-sided", "media": "A3"}


def test_of_equally_wide_lines_the_later_counts() -> None:
    rules = parse_rules(b"tel:+81*; one; copies=1\ntel:+81*; two; copies=2\n")
    assert rules.options(where("tel:+813")) == (("copies", "1"), ("copies", "2"))


def test_the_line_of_the_group_counts_more_and_what_is_asked_less() -> None:
    rules = parse_rules(b"*; all; copies=3 media=A3 sides=one-sided\n")
    asked = Destination(parse_address("discard:x"), "x", (("copies", "9"), ("media", "A5"), ("copies", "2")), asked=2)
    whole = asked.under(rules.options(asked))
    assert dict(whole.options) == {"copies": "2", "media": "A3", "sides": "one-sided"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tel:+81*", "there is no ';'"),
        ("tel:+81*;", "the name is missing"),
        ("foo:*; x", "'foo:' is not a known kind of address"),
        ("*; x; window=8-18", "the option 'window' cannot be '8-18'"),
        ("*; x; secret=word", "secret=@NAME"),
        ("*; x; colour=red", "the option 'colour' is not known"),
        ("http://x*/; x", "'http:' is not a known kind of address"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line: str, words: str) -> None:
    rules = parse_rules(f"# head\n{line}\ndiscard:y; good; copies=2\n".encode())
    (problem,) = rules.problems
    assert (problem.file, problem.line) == ("destinations.rec", 2)
    assert words in problem.reason
    assert "secret=word" not in problem.reason
    assert dict(rules.options(where("discard:y")))["copies"] == "2"


def test_a_secret_that_is_written_openly_counts_for_nothing() -> None:
    rules = parse_rules(b"*; x; user=a secret=word\n")
    assert rules.options(where("discard:y")) == (("user", "a"),)
    assert "word" not in rules.text


@pytest.mark.parametrize(
    "written",
    [
        "secret=word",
        "secret = word",
        "secret= word",
        "secret =word",
        "secret:word",
        'secret="word"',
        'secret="word',
        "Secret=word",
        "SECRET word",
        "password=word",
        "server=smtp://user:word@mail.example.org",
    ],
)
def test_a_secret_that_is_written_wrongly_is_not_told(written: str) -> None:
    """Problems are shown to everybody, and logged."""
    rules = parse_rules(f"tel:*; x; copies=2 {written}\n".encode())
    assert rules.problems
    assert not any("word" in problem.reason.replace("password", "") for problem in rules.problems)
    assert "word" not in str([conceal(*option) for option in rules.rules[0].options])


@pytest.mark.parametrize(
    ("pattern", "warned"),
    [
        ("*", True),
        ("ipp:*", True),
        ("ipp://*/*", True),
        ("cups:q*", True),
        ("cups:*@a.example.org", False),
        ("ipp://*.example.org/*", False),
        ("10.0.0.*", False),
        ("tel:*", False),
        ("mailto:*", False),
        ("name:Osaka*", False),
        ("a.example.org", False),
    ],
)
def test_a_secret_for_any_host_is_warned_of(pattern: str, warned: bool) -> None:
    problems = parse_rules(f"{pattern}; x; secret=@a\n".encode()).problems
    assert bool(problems) is warned


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "euc_jp"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(codec: str, end: str) -> None:
    text = end.join(["# 宛先", "name:大阪*; 大阪の支店; copies=2"])
    rules = parse_rules(text.encode(codec))
    assert rules.rules[0].pattern.breadth is Breadth.NAMES
    assert rules.options(where("discard:x", "大阪支店")) == (("copies", "2"),)


def test_what_is_published_says_the_same_with_the_same_numbers() -> None:
    """The workers of other machines read the text that the web server has read."""
    data = "# 宛先\r\n\r\nname:大阪*; 大阪; copies=2".encode() + b"\n\0 broken\n*; all; copies=1\n"
    first = parse_rules(data)
    again = parse_rules(first.text.encode())
    assert [(rule.number, rule.pattern, rule.options) for rule in again.rules] == [
        (rule.number, rule.pattern, rule.options) for rule in first.rules
    ]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    rules = parse_rules(data)
    rules.find(where("discard:x"))
    assert all(problem.reason for problem in rules.problems)


@given(st.text(max_size=40))
def test_no_pattern_breaks_the_test(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except AddressError:
        return
    assert pattern.make_test()(where("discard:x")) in (True, False)
