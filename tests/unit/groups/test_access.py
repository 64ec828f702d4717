"""Who may send to a group, as comments of its file say (SPEC D1, N1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distserver.groups.access import GroupAccess, find_slip, read_access, read_networks
from distserver.groups.recfile import parse_recfile


@pytest.mark.parametrize("comment", ["owner: a@b.example", "senders", "print from: 10.0.0.0/8", "my senders: x", ""])
def test_other_comments_say_nothing_of_access(comment: str) -> None:
    assert read_access(comment) is None


def test_without_a_line_every_sender_may_and_nobody_else() -> None:
    open_to_all = GroupAccess()
    rights = {role: open_to_all.lets_send("x", role) for role in ("administrator", "operator", "sender", "device")}
    assert set(rights.values()) == {True}
    assert not any(open_to_all.lets_send("x", role) for role in ("receiver", "worker", "guest", ""))
    assert not open_to_all.lets_in("127.0.0.1")


def test_only_named_users_may_send_besides_operators() -> None:
    found = read_access("Senders: hanako、taro, ")
    assert found == GroupAccess(senders=frozenset(("hanako", "taro")))
    assert found is not None
    assert (found.lets_send("hanako", "sender"), found.lets_send("jiro", "sender")) == (True, False)
    assert found.lets_send("jiro", "operator")
    assert not found.lets_send("hanako", "receiver")


def test_an_empty_list_lets_nobody_in_and_is_told() -> None:
    found = read_access("senders:")
    assert found is not None
    assert (found.senders, len(found.faults)) == (frozenset(), 1)
    assert not found.lets_send("hanako", "sender")


@pytest.mark.parametrize(
    ("peer", "inside"),
    [
        ("192.168.7.9", True),
        ("::ffff:192.168.7.9", True),
        ("192.168.8.9", False),
        ("::1", True),
        ("fe80::1%eth0", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_addresses_are_looked_up_in_the_networks(peer: str, inside: bool) -> None:
    found = read_access("print-from: 192.168.7.1/24, ::1")
    assert found is not None
    assert (found.lets_in(peer), found.faults) == (inside, ())


def test_what_is_no_network_is_told_and_lets_nobody_in() -> None:
    found = read_networks("10.0.0.0/40, printer.example.org, 10.1.0.0/16")
    assert (len(found.faults), found.lets_in("10.0.0.1"), found.lets_in("10.1.2.3")) == (2, False, True)


@given(st.text(max_size=60))
def test_whatever_stands_there_is_read(text: str) -> None:
    for comment in (text, f"senders: {text}", f"print-from: {text}"):
        found = read_access(comment)
        if found is not None and found.senders is None and not found.print_from:
            assert found.faults


def test_lines_of_a_file_add_up_and_are_no_name() -> None:
    comments = ("print-from: 10.0.0.0/8", "Office", "office.rec", "senders: a", "senders: b", "print-from: x")
    text = "".join(f"# {one}\n" for one in comments) + "discard:one; 1\n"
    rec = parse_recfile(text.encode(), "office.rec")
    assert (rec.name, rec.access.senders) == ("Office", frozenset(("a", "b")))
    assert [str(one) for one in rec.access.print_from] == ["10.0.0.0/8"]
    assert [problem.line for problem in rec.problems] == [6]


@pytest.mark.parametrize("slip", ["print from", "Print_From", "printfrom", "print-form", "sender"])
def test_a_line_that_nearly_counts_is_told(slip: str) -> None:
    rec = parse_recfile(f"# Office\n# {slip}: 10.0.0.0/8\ndiscard:one; 1\n".encode(), "office.rec")
    assert (rec.access, rec.problems[0].line) == (GroupAccess(), 2)
    assert rec.problems[0].reason == find_slip(f"{slip}: 10.0.0.0/8")
    assert rec.problems[0].reason.startswith(f"'{slip}:' counts for nothing: write it as '")


@pytest.mark.parametrize("comment", ["print-from: ::1", "senders: a", "owner: a@example.org", "printer from 2019", "x"])
def test_other_lines_are_no_slips(comment: str) -> None:
    assert find_slip(comment) is None


@pytest.mark.parametrize("line", ["print-from: 10.0.0.0/8", "Senders\N{FULLWIDTH COLON} hanako"])
def test_a_line_below_the_first_destination_is_told_and_gives_no_right(line: str) -> None:
    rec = parse_recfile(f"# Office\n# office.rec\ndiscard:one; 1\n# {line}\n# mine\n".encode(), "office.rec")
    assert (rec.access, rec.owners) == (GroupAccess(), ())
    assert [(problem.line, problem.is_error) for problem in rec.problems] == [(4, False)]
    assert "move it above" in rec.problems[0].reason
