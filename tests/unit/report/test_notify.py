"""Which notices go to whom, and their words (N4)."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.recfile import parse_recfile
from distserver.groups.snapshot import Group, Snapshot
from distserver.model.notices import Notice, UntoldNotice
from distserver.model.states import Reason
from distserver.report import phrases_en, words
from distserver.report.mail import compose_message
from distserver.report.notify import Letter, find_holders, find_recipients, sort_notices, tidy
from distserver.report.notify import write_letter as write

ONE, TWO, ALONE = "discard:one", "discard:two", "discard:alone"
URL = "https://print.example.org"
FILES = {
    "all.rec": "# 全配信先\n# all.rec\ndiscard:one; 札幌支店\ndiscard:two; Osaka\ndiscard:alone; Kyoto\n",
    "east.rec": "# 東日本\n# east.rec\n# owner: east@example.org, both@example.org\ndiscard:one; 札幌支店\n",
    "west.rec": "# West\n# west.rec\n# owner: both@example.org\ndiscard:one; 札幌支店\ndiscard:two; Osaka\n",
}
SNAPSHOT = Snapshot.of(Group.of(parse_recfile(text.encode(), file)) for file, text in FILES.items())
DEFAULT = ("admin@example.org",)


def notice(uri: str = ONE, kind: str = "suspended", message: str = f"{Reason.UNREACHABLE}: no route") -> Notice:
    return Notice(1_800_000_000.0, f"destination-{kind}", uri, "", message)


def untold(key: int, uri: str = ONE, kind: str = "suspended", reached: str = "") -> UntoldNotice:
    return UntoldNotice(key, notice(uri, kind), reached=frozenset(reached.split()))


def write_letter(to: str, told: list[UntoldNotice]) -> Letter:
    return write(to, told, find_holders(told, SNAPSHOT), URL)


def sort(*told: UntoldNotice) -> dict[str, list[UntoldNotice]]:
    return sort_notices(told, find_holders(told, SNAPSHOT), DEFAULT)


@pytest.mark.parametrize(
    ("uri", "wanted"),
    [
        (ONE, ("east@example.org", "both@example.org")),
        (TWO, ("both@example.org",)),
        (ALONE, DEFAULT),
        ("discard:forgotten", DEFAULT),
    ],
)
def test_all_owners_of_its_groups_are_told_and_else_who_is_told_of_the_rest(uri: str, wanted: tuple[str, ...]) -> None:
    assert find_recipients(notice(uri), find_holders([untold(1, uri)], SNAPSHOT), DEFAULT) == wanted


def test_without_anybody_nobody_is_told() -> None:
    assert find_recipients(notice(ALONE), find_holders([untold(1, ALONE)], SNAPSHOT), ()) == ()


def test_each_address_has_one_letter_of_all_that_concerns_it() -> None:
    found = sort(untold(1), untold(2, TWO), untold(3, ALONE), untold(4, ONE, "returned"))
    assert {to: [one.key for one in notices] for to, notices in found.items()} == {
        "east@example.org": [1, 4],
        "both@example.org": [1, 2, 4],
        "admin@example.org": [3],
    }


def test_who_has_it_already_is_not_told_again() -> None:
    found = sort(untold(1, reached="east@example.org"))
    assert list(found) == ["both@example.org"]


def test_one_notice_in_words() -> None:
    letter = write_letter("east@example.org", [untold(1)])
    assert letter.subject == "Suspended: 札幌支店"
    assert phrases_en.NOTICES["destination-suspended"].todo in letter.text
    assert words.describe_reason(Reason.UNREACHABLE).sentence in letter.text
    assert "In detail: no route\n" in letter.text
    assert "Groups: 東日本\n" in letter.text  # her own: what else has it is not her concern
    assert "names you in: east.rec." in letter.text
    assert f"{URL}/system" in letter.text
    assert letter.keys == (1,)
    assert not any(line.startswith("From ") for line in letter.text.splitlines())  # smtplib would make it ">From "


def test_many_notices_in_one_letter() -> None:
    told = [untold(1), untold(2, TWO), untold(3, ONE, "returned")]
    letter = write_letter("both@example.org", told)
    assert letter.subject == "2 destinations: 2 suspended, 1 back again"
    assert letter.text.index("Suspended: 札幌支店") < letter.text.index("Suspended: Osaka")
    assert letter.text.index("Suspended: Osaka") < letter.text.index("Back again: 札幌支店")
    assert "It had been suspended because: " in letter.text


def test_one_that_comes_and_goes_is_one_destination() -> None:
    letter = write_letter("east@example.org", [untold(1), untold(2, ONE, "returned")])
    assert letter.subject == "1 suspended, 1 back again"


def test_a_thousand_make_a_letter_that_can_be_read() -> None:
    letter = write_letter("both@example.org", [untold(key) for key in range(1000)])
    assert "… and 900 more" in letter.text
    assert len(letter.keys) == 1000


def test_who_is_told_of_the_rest_learns_why() -> None:
    letter = write_letter("admin@example.org", [untold(1, ALONE)])
    assert phrases_en.LETTER["default"] in letter.text
    assert "Groups: 全配信先" in letter.text


def test_an_owner_who_is_told_of_the_rest_too_sees_the_groups_of_both() -> None:
    letter = write_letter("both@example.org", [untold(1, TWO), untold(2, ALONE)])
    assert "Groups: West\n" in letter.text
    assert "Groups: 全配信先\n" in letter.text


def test_a_notice_of_an_unknown_kind_is_told_all_the_same() -> None:
    one = UntoldNotice(1, Notice(0.0, "house-on-fire", ONE, "Sapporo", ""))
    assert write_letter("east@example.org", [one]).subject == "house on fire: Sapporo"


def test_the_same_letter_has_the_same_mark_and_another_another() -> None:
    def mark(to: str, *keys: int) -> str:
        return write_letter(to, [untold(key) for key in keys]).mark

    assert mark("east@example.org", 1, 2) == mark("east@example.org", 1, 2)
    assert len({mark("east@example.org", 1), mark("east@example.org", 1, 2), mark("both@example.org", 1)}) == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Sapporo\r\nBcc: all@example.org", "Sapporo Bcc: all@example.org"),
        ("a\u2028b\u202ec\x00d", "a b c d"),
        ("x" * 50, "x" * 19 + "…"),
    ],
)
def test_what_others_say_stays_on_its_line(text: str, line: str) -> None:
    assert tidy(text, 20 if len(text) == 50 else 99) == line


@given(st.text(max_size=120), st.text(max_size=300), st.text(max_size=30))
def test_no_name_or_reason_makes_a_header_or_a_line(name: str, message: str, kind: str) -> None:
    one = UntoldNotice(1, Notice(0.0, kind, ONE, name, message))
    letter = write_letter("east@example.org", [one])
    raw = compose_message(letter, "distserver@print.example.org").as_bytes()
    read = message_from_bytes(raw, policy=default)
    assert set(read.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert raw.isascii()
    assert read["To"] == "east@example.org"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"] == f"<{letter.mark}@print.example.org>"
    assert read.get_content().replace("\r\n", "\n") == letter.text
    assert all(line.startswith("  ") for line in letter.text.split("\n\n")[1].splitlines()[1:])
