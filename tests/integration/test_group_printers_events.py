"""Events of groups' printers (N1, RFC 3995, RFC 3996): asked as foreign clients ask, on a whole server."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distwire.ipp import (
    MEDIA_TYPE,
    Group,
    GroupTag,
    Message,
    Operation,
    Status,
    attribute,
    decode_message,
    encode_message,
    make_message,
)
from distwire.ipp.values import UNSUPPORTED, integer, keyword, octets, uri
from tests.support.board import make_pdf
from tests.support.group_printers import House, run_house
from tests.support.ipptool import run_suite
from tests.support.ippwire import ask
from tests.support.subscribers import events_of, ids_of, pull, pull_until, start_waiting, subscribe, told_in, wanting

pytestmark = pytest.mark.real

_PATIENCE = 60.0
_MEMBERS = ("discard:one; Branch one", "discard:two; Branch two")
_HELD = [attribute("job-hold-until", keyword("indefinite"))]
_RECEIVER = ("u-receiver", "quite a long passphrase")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_house(tmp_path_factory.mktemp("house") / "home", ipp_user_subscriptions=300) as made:
        made.write_group("office", *_MEMBERS, comments=("print-from: 127.0.0.0/8",))
        made.add_user(_RECEIVER[0], "receiver", _RECEIVER[1])
        made.wait_for_groups("office")
        yield made


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _describe(printer: str) -> Message:
    return ask(printer, Operation.GET_PRINTER_ATTRIBUTES)


def _print(printer: str, *, held: bool = False) -> int:
    answer = ask(printer, Operation.PRINT_JOB, job=_HELD if held else (), document=make_pdf())
    number = answer.job.integer("job-id")
    assert number is not None, answer
    return number


def _release(printer: str, number: int) -> None:
    assert ask(printer, Operation.RELEASE_JOB, attribute("job-id", integer(number))).code == Status.OK


@pytest.mark.parametrize("suite", ["create-printer-subscription", "get-subscriptions"])
def test_the_files_of_ipptool(house: House, tmp_path: Path, suite: str) -> None:
    report = run_suite(house.printer("office"), suite, tmp_path)
    assert (len(report.passed), report.failed) == (1, ()), report.text


def test_the_file_of_ipptool_that_pulls(house: House, tmp_path: Path) -> None:
    """get-notifications.test, unmodified, of a subscription that has heard something; the file names no user."""
    printer = house.printer("office")
    id_ = subscribe(printer, "job-completed", user="anonymous")
    ask(printer, Operation.PRINT_JOB, document=make_pdf(), user="anonymous")
    pull_until(printer, id_, "job-completed", user="anonymous")
    report = run_suite(printer, "get-notifications", tmp_path, define={"id": str(id_)})
    assert (len(report.passed), report.failed) == (1, ()), report.text


_PYCUPS = """
import sys, time, cups
cups.setUser("tester")
host, port = sys.argv[1].split(":")
connection, printer = cups.Connection(host=host, port=int(port)), sys.argv[2]
made = connection.createSubscription(printer, events=["job-created", "job-completed"], lease_duration=600)
print(made, flush=True)
sys.stdin.readline()
told = []
while len(told) < 2:
    told += connection.getNotifications([made], [len(told) + 1])["events"]
print([one["notify-subscribed-event"] for one in told])
print([one["notify-subscription-id"] == made for one in connection.getSubscriptions(printer, my_subscriptions=True)])
connection.renewSubscription(made, 100)
connection.cancelSubscription(made)
"""


def test_the_binding_of_cups_subscribes_and_pulls(house: House) -> None:
    """As system-config-printer does: a foreign client."""
    printer = house.write_group("foreign", *_MEMBERS)
    _wait(lambda: _describe(printer).code == Status.OK)
    command = [sys.executable, "-c", _PYCUPS, house.authority, printer]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline().strip().isdigit()
        _print(printer)
        out, _ = client.communicate("go\n", timeout=_PATIENCE)
    assert client.returncode == 0
    assert out.splitlines() == ["['job-created', 'job-completed']", "[True]"]


def test_printers_and_the_system_say_what_can_be_subscribed_to(house: House) -> None:
    for kind in ("print", "faxout"):
        said = _describe(house.printer("office", kind)).printer
        assert "subscription-object" in said.strings("ipp-features-supported")
        assert {0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C} <= set(said.integers("operations-supported"))
        assert 0x58 not in said.integers("operations-supported")
        assert said.strings("notify-pull-method-supported") == ("ippget",)
        assert "printer-created" not in said.strings("notify-events-supported")
    asked = attribute("requested-attributes", keyword("subscription-template"))
    chosen = ask(house.printer("office"), Operation.GET_PRINTER_ATTRIBUTES, asked).printer
    assert "notify-events-default" in chosen
    assert "printer-name" not in chosen
    system = ask(house.system, Operation.GET_SYSTEM_ATTRIBUTES).group(GroupTag.SYSTEM)
    assert "printer-created" in system.strings("notify-events-supported")
    assert {0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x58} <= set(system.integers("operations-supported"))


def test_a_job_tells_how_it_goes_on_to_who_came_with_it(house: House) -> None:
    """RFC 3995 §11.1.3: subscriptions in the request that makes the job, one of them more than can be had."""
    printer = house.printer("office")
    push = Group(GroupTag.SUBSCRIPTION, (attribute("notify-recipient-uri", uri("mailto:a@example.org")),))
    answer = ask(
        printer, Operation.PRINT_JOB, job=_HELD, groups=(wanting("job-state-changed"), push), document=make_pdf()
    )
    assert answer.code == Status.OK_IGNORED_SUBSCRIPTIONS
    first, second = answer.groups_of(GroupTag.SUBSCRIPTION)
    assert second.integer("notify-status-code") == Status.URI_SCHEME_NOT_SUPPORTED
    id_, number = first.integer("notify-subscription-id"), answer.job.integer("job-id")
    assert id_ is not None
    assert number is not None
    pull_until(printer, id_, "job-created")
    _release(printer, number)
    told = pull_until(printer, id_, "job-completed", 2)
    assert told[-1].integer("job-state") == 9
    assert told[-1].integer("job-impressions-completed") == 2
    assert told[-1].string("notify-subscribed-event") == "job-state-changed"
    assert pull(printer, id_, 99).code == Status.OK_EVENTS_COMPLETE


def test_each_operation_is_told_even_if_the_next_takes_it_back(house: House) -> None:
    """Nobody looks fast enough to see both. Of a paused group nothing goes out meanwhile."""
    printer = house.write_group("resting", *_MEMBERS)
    house.wait_for_groups("resting")
    assert house.server.command("group", "pause", "resting").returncode == 0
    number = _print(printer, held=True)
    id_ = subscribe(printer, "job-state-changed", job=number)
    of_job = attribute("job-id", integer(number))
    for operation in (Operation.RELEASE_JOB, Operation.HOLD_JOB, Operation.CANCEL_JOB):
        assert ask(printer, operation, of_job).code == Status.OK, operation
    told = told_in(pull_until(printer, id_, "job-completed"))
    assert told[0] == (1, "job-state-changed")
    assert told[-1] == (len(told), "job-completed")


def test_validate_job_says_what_would_be(house: House) -> None:
    printer = house.printer("office")
    answer = ask(printer, Operation.VALIDATE_JOB, groups=(wanting("job-completed"), wanting("none")))
    assert answer.code == Status.OK_IGNORED_SUBSCRIPTIONS
    assert ids_of(answer) == [None, None]
    assert [group.integer("notify-status-code") for group in answer.groups_of(GroupTag.SUBSCRIPTION)] == [
        None,
        Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED,
    ]
    assert ask(printer, Operation.VALIDATE_JOB, groups=(wanting("job-completed"),)).code == Status.OK


def test_what_cannot_be_is_refused_with_its_status(house: House) -> None:
    printer, create = house.printer("office"), Operation.CREATE_PRINTER_SUBSCRIPTIONS
    assert ask(printer, create).code == Status.BAD_REQUEST
    neither = Group(GroupTag.SUBSCRIPTION, (attribute("notify-events", keyword("job-completed")),))
    assert ask(printer, create, groups=(neither,)).code == Status.BAD_REQUEST
    assert ask(printer, Operation.CREATE_JOB, groups=(neither,)).code == Status.BAD_REQUEST
    assert ask(printer, create, groups=(wanting("none"),)).code == Status.IGNORED_ALL_SUBSCRIPTIONS
    some = ask(printer, create, groups=(wanting("none"), wanting("job-completed", "tea-time")))
    assert some.code == Status.OK_IGNORED_SUBSCRIPTIONS
    assert [one is None for one in ids_of(some)] == [True, False]
    other = ask(printer, create, attribute("notify-job-id", integer(1)), groups=(wanting("job-completed"),))
    assert other.code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    assert "notify-job-id" in other.unsupported
    for operation in (Operation.GET_SUBSCRIPTION_ATTRIBUTES, Operation.RENEW_SUBSCRIPTION, Operation.GET_NOTIFICATIONS):
        assert ask(printer, operation).code == Status.BAD_REQUEST
    of_none = attribute("notify-subscription-id", integer(10**6))
    assert ask(printer, Operation.CANCEL_SUBSCRIPTION, of_none).code == Status.NOT_FOUND
    assert pull(printer, 10**6).code == Status.NOT_FOUND
    ended = attribute("notify-job-id", integer(_print(printer)))
    _wait(
        lambda: ask(printer, Operation.CREATE_JOB_SUBSCRIPTIONS, ended, groups=(wanting(),)).code == Status.NOT_POSSIBLE
    )
    assert ask(printer, Operation.CREATE_SYSTEM_SUBSCRIPTIONS, groups=(wanting(),)).code == Status.NOT_FOUND


def test_what_cannot_be_sent_back_is_named(house: House) -> None:
    """A value that is none of its syntax, and a URI with letters that a URI may not have."""
    house.write_group("支店", *_MEMBERS)
    _wait(lambda: _describe(house.printer("支店")).code == Status.OK)
    wrong = wanting("job-completed", more=(attribute("notify-time-interval", octets(b"abc")),))
    target = attribute("printer-uri", uri(house.printer("XXXXXX")))
    request = encode_message(make_message(Operation.CREATE_PRINTER_SUBSCRIPTIONS, 1, (target,), (wrong,)))
    broken = request.replace(b"\x30\0\x14notify-time", b"\x21\0\x14notify-time").replace(b"XXXXXX", "支店".encode())
    connection = http.client.HTTPConnection(house.authority, timeout=_PATIENCE)
    connection.request("POST", "/ipp/print", broken, {"Content-Type": MEDIA_TYPE})
    made = decode_message(connection.getresponse().read())[0]
    connection.close()
    (group,) = made.groups_of(GroupTag.SUBSCRIPTION)
    assert group.find("notify-time-interval") == attribute("notify-time-interval", UNSUPPORTED)
    of_it = attribute("notify-subscription-id", integer(ids_of(made)[0] or 0))
    described = ask(house.printer("支店"), Operation.GET_SUBSCRIPTION_ATTRIBUTES, of_it, user="anonymous")
    assert described.group(GroupTag.SUBSCRIPTION).string("notify-printer-uri") == house.printer("支店")


def test_leases_are_renewed_as_far_as_can_be(house: House) -> None:
    printer = house.printer("office")
    id_ = subscribe(printer, "job-completed")
    of_it = attribute("notify-subscription-id", integer(id_))
    lease = attribute("notify-lease-duration", integer(100))
    renewed = ask(
        printer, Operation.RENEW_SUBSCRIPTION, of_it, groups=(type(wanting())(GroupTag.SUBSCRIPTION, [lease]),)
    )
    assert renewed.code == Status.OK
    described = ask(printer, Operation.GET_SUBSCRIPTION_ATTRIBUTES, of_it).group(GroupTag.SUBSCRIPTION)
    assert described.integer("notify-lease-duration") == 100
    assert (described.integer("notify-lease-expiration-time") or 0) > (described.integer("notify-printer-up-time") or 0)
    for_ever = attribute("notify-lease-duration", integer(0))
    assert (
        ask(printer, Operation.RENEW_SUBSCRIPTION, of_it, for_ever).code == Status.OK_IGNORED_OR_SUBSTITUTED_ATTRIBUTES
    )


def test_a_kill_of_the_door_loses_no_event_and_repeats_no_number(house: House) -> None:
    """N4: what happens while it is down is told by the next."""
    printer = house.printer("office")
    id_ = subscribe(printer, "job-created", "job-completed")
    seen: list[tuple[int | None, str | None]] = []
    for _ in range(3):
        number = _print(printer, held=True)
        seen += told_in(pull_until(printer, id_, "job-created", len(seen) + 1))
        _release(printer, number)
        house.restart()
        seen += told_in(pull_until(printer, id_, "job-completed", len(seen) + 1))
    assert seen == [(at, "job-created" if at % 2 else "job-completed") for at in range(1, 7)]
    assert events_of(pull(printer, id_)) == seen


async def test_two_hundred_clients_wait_and_hear_of_the_same_event(house: House) -> None:
    """N1: each costs its connection; a printing client is served as if they were not there."""
    printer = house.write_group("wide", *_MEMBERS, comments=("print-from: 127.0.0.0/8",))
    await asyncio.to_thread(house.wait_for_groups, "wide")
    number = await asyncio.to_thread(_print, printer, held=True)
    ids = [await asyncio.to_thread(lambda: subscribe(printer, "job-completed", job=number)) for _ in range(200)]
    waiters = [await start_waiting(printer, id_, f"127.0.0.{2 + at % 4}") for at, id_ in enumerate(ids)]
    assert (await asyncio.to_thread(_describe, printer)).code == Status.OK
    threads = _count_threads(house)
    await asyncio.to_thread(_release, printer, number)
    answers = await asyncio.gather(*(one.answer() for one in waiters))
    assert threads < 60
    assert {answer.code for answer in answers} == {Status.OK_EVENTS_COMPLETE}
    assert {event for answer in answers for _, event in events_of(answer)} == {"job-completed"}
    assert [answer.group(GroupTag.EVENT_NOTIFICATION).integer("notify-subscription-id") for answer in answers] == ids
    for one in waiters:
        await one.close()


def _count_threads(house: House) -> int:
    status = Path(f"/proc/{_door(house)}/status").read_text("ascii")
    return int(status.partition("Threads:")[2].split()[0])


def _door(house: House) -> int:
    (door,) = [one for one in house.server.descendants() if " ipp " in f"{one.command} "]
    return door.pid


async def test_who_waits_for_what_is_canceled_is_told(house: House) -> None:
    """RFC 3996 §5.2: events-complete, and after that not-found."""
    printer = house.printer("office")
    id_ = await asyncio.to_thread(subscribe, printer, "printer-stopped")
    waiter = await start_waiting(printer, id_, "127.0.0.1")
    gone = await start_waiting(printer, id_, "127.0.0.1")
    await gone.close()
    await asyncio.sleep(3)
    of_it = attribute("notify-subscription-id", integer(id_))
    assert (await asyncio.to_thread(ask, printer, Operation.CANCEL_SUBSCRIPTION, of_it)).code == Status.OK
    assert (await waiter.answer()).code == Status.OK_EVENTS_COMPLETE
    await waiter.close()
    assert (await asyncio.to_thread(pull, printer, id_)).code == Status.NOT_FOUND


def test_a_printer_tells_that_it_prints_and_that_it_changes(house: House) -> None:
    printer = house.write_group("changing", *_MEMBERS)
    _wait(lambda: _describe(printer).code == Status.OK)
    id_ = subscribe(printer, "printer-config-changed")
    house.write_group("changing", *_MEMBERS, "discard:three; Branch three")
    (told, *_) = pull_until(printer, id_, "printer-config-changed")
    assert told.integer("printer-state") == 3
    assert told.boolean("printer-is-accepting-jobs") is True
    assert "3 destinations" in (told.string("notify-text") or "")


def test_the_system_tells_which_printers_come_and_go(house: House) -> None:
    """PWG 5100.22: printer-created, printer-deleted."""
    id_ = subscribe(house.system, "printer-created", "printer-deleted", login=_RECEIVER)
    house.write_group("passing", *_MEMBERS)
    (created, *_) = pull_until(house.system, id_, "printer-created", login=_RECEIVER)
    assert created.string("notify-printer-uri") == house.printer("passing")
    (house.server.home / "groups" / "passing.rec").unlink()
    (deleted, *_) = pull_until(house.system, id_, "printer-deleted", 2, login=_RECEIVER)
    assert deleted.strings("printer-state-reasons") == ("deleting",)


def test_a_user_has_so_many_and_no_more(house: House) -> None:
    """RFC 3995 §13.3."""
    printer, create, login = house.printer("office"), Operation.CREATE_PRINTER_SUBSCRIPTIONS, _RECEIVER
    some = tuple(wanting("job-completed") for _ in range(60))
    answer = ask(printer, create, groups=some, login=login)
    while answer.code == Status.OK:
        answer = ask(printer, create, groups=some, login=login)
    last = ask(printer, create, groups=(wanting("job-completed"),), login=login)
    assert last.code == Status.IGNORED_ALL_SUBSCRIPTIONS
    assert "a user may have 300 subscriptions" in last.status_message
    assert last.group(GroupTag.SUBSCRIPTION).integer("notify-status-code") == Status.TOO_MANY_SUBSCRIPTIONS
