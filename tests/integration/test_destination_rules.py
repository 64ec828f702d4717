"""What the registry of destinations does to deliveries that wait, from the file to a worker (D15, N4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from distserver.deliver.contract import Absent, Accepted, Completed, Deferred
from distserver.engine.terms import make_terms
from distserver.errors import StoreUnavailable
from distserver.groups.destinations_file import DestinationsFile
from distserver.groups.secrets import Secrets
from distserver.jobs.destination_rules import RuleBook, RulePublisher
from distserver.model.address import Destination, parse_address
from distserver.model.capabilities import Capabilities
from distserver.model.documents import PDF
from distserver.model.jobs import JobView, PlannedDelivery
from distserver.model.states import DeliveryState, OutcomeKind, Priority, Reason, Resend
from distserver.plan.expand import apply_rules, expand
from distserver.report import words
from tests.support.bench import Bench, run_bench, script

_NOON = datetime(2026, 3, 3, 12, tzinfo=UTC).timestamp()


@dataclass
class Registry:
    """A web server's file and a worker's book over one store; `now` is noon in UTC."""

    bench: Bench
    home: Path

    def __post_init__(self) -> None:
        office = self.bench.office
        office.now = _NOON
        self.file = self.home / "destinations.rec"
        self.secrets = self.home / "secrets"
        self.publisher = RulePublisher(DestinationsFile(self.file), office.database, lambda: office.now, office._ring)
        self.publisher.plan = lambda where: apply_rules(
            expand((), [where], Resend.AT_LEAST_ONCE), self.publisher.rules.options
        )[0]
        self.book = RuleBook(office.database)
        terms = make_terms(lambda: self.book.rules, Secrets(self.secrets))
        self.bench.kit = replace(self.bench.kit, find_terms=terms)
        self.bench.dispatcher._kit = self.bench.prober._kit = self.bench.kit

    def say(self, *lines: str) -> None:
        """The file has these lines from now on."""
        self.file.write_text("\n".join(("# destinations", *lines, "")), encoding="utf-8")
        self.publisher.look()
        self.book.look()

    def keep_secret(self, text: str, mode: int = 0o600) -> None:
        self.secrets.write_text(text, encoding="utf-8")
        self.secrets.chmod(mode)

    def rows(self, jobs: Sequence[JobView]) -> list[Any]:
        """All columns of the first delivery of each."""
        return [self.bench.office.row(job.id, 1) for job in jobs]

    def submit(self, **fields: object) -> JobView:
        return self.bench.office.submit(**fields)


@pytest.fixture
def registry(tmp_path: Path, database_url: str) -> Iterator[Registry]:
    with run_bench(tmp_path, database_url) as bench:
        yield Registry(bench, tmp_path)


async def test_its_options_reach_the_channel_under_those_of_the_line(registry: Registry) -> None:
    registry.bench.office.line = (("copies", "2"),)
    registry.bench.channel.capabilities = Capabilities(formats=(PDF,), copies_max=9)
    registry.say("discard:*; trials; copies=9 user=hanako tls=none speed=9600")
    await registry.bench.run(registry.submit().id)
    (request,) = registry.bench.channel.requests
    assert dict(request.target.options)["speed"] == "9600"
    assert (request.target.user, request.target.tls, request.target.named) == ("hanako", "none", False)
    assert dict(request.target.options)["copies"] == "2"


async def test_an_edit_holds_for_what_waits(registry: Registry) -> None:
    script(registry.bench, Deferred(OutcomeKind.BUSY, Reason.BUSY))
    job = registry.submit()
    await registry.bench.run(job.id)
    registry.say("discard:one; one; user=taro")
    registry.bench.office.now += 3600
    await registry.bench.run(job.id)
    assert [request.target.user for request in registry.bench.channel.requests] == [None, "taro"]
    assert registry.bench.channel.requests[1].target.named


async def test_a_number_that_was_barred_meanwhile_is_called_no_more(registry: Registry) -> None:
    """Also where an earlier call had to be asked for: it was not made, and none is made now."""
    lost = Deferred(OutcomeKind.UNREACHABLE, Reason.UNCERTAIN, "the fax server went away")
    registry.bench.channel.scripts["tel:+819011112222"] = [lost, Absent()]
    job = registry.submit(destinations=("tel:+819011112222",))
    await registry.bench.run(job.id)
    registry.say("tel:+8190*; mobile phones; barred=yes")
    registry.bench.office.now += 3600
    (row,) = await registry.bench.run(job.id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, Reason.NUMBER_BARRED)
    assert [call for call, _ in registry.bench.channel.calls if call != "describe"] == ["deliver", "adopt"]


async def test_outside_its_window_it_waits_and_says_until_when(registry: Registry) -> None:
    registry.say("discard:*; at night; window=22:00-06:00@UTC")
    job = registry.submit()
    (row,) = await registry.bench.run(job.id)
    assert (row.state, row.reason, row.attempts) == (DeliveryState.PENDING_RETRY, Reason.OUTSIDE_WINDOW, 0)
    assert (row.next_try, row.message) == (_NOON + 10 * 3600, "window=22:00-06:00@UTC")
    assert words.describe_reason(row.reason).sentence.startswith("Waiting: the destination is sent to at certain times")
    assert registry.bench.channel.calls == []
    registry.bench.office.now = _NOON + 10 * 3600
    (row,) = await registry.bench.run(job.id)
    assert (row.state, row.attempts) == (DeliveryState.COMPLETED, 1)


async def test_a_window_that_is_edited_away_lets_it_go_at_once(registry: Registry) -> None:
    registry.say("discard:*; at night; window=22:00-06:00@UTC")
    job = registry.submit()
    await registry.bench.run(job.id)
    rung = registry.bench.office.rung
    registry.say("discard:*; always")
    assert registry.bench.office.rung == rung + 1
    (row,) = await registry.bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED


@pytest.mark.parametrize(
    ("line", "priority", "goes"),
    [
        ("window=22:00-06:00@UTC", Priority.URGENT, False),
        ("window=22:00-06:00,urgent@UTC", Priority.URGENT, True),
        ("window=22:00-06:00,urgent@UTC", Priority.NORMAL, False),
        ("off-peak=22:00-06:00@UTC", Priority.BULK, False),
        ("off-peak=22:00-06:00@UTC", Priority.NORMAL, True),
        ("window=10:00-14:00@UTC off-peak=22:00-06:00@UTC", Priority.NORMAL, True),
        ("window=10:00-14:00@UTC", Priority.BULK, True),
    ],
)
async def test_whom_a_window_holds(registry: Registry, line: str, priority: Priority, goes: bool) -> None:
    registry.say(f"discard:*; x; {line}")
    (row,) = await registry.bench.run(registry.submit(priority=priority).id)
    assert (row.state is DeliveryState.COMPLETED) is goes


async def test_what_the_device_has_is_followed_at_any_time(registry: Registry) -> None:
    script(registry.bench, Accepted("17", follow=True), Completed())
    job = registry.submit()
    await registry.bench.run(job.id)
    registry.say("discard:*; at night; window=22:00-06:00@UTC")
    registry.bench.office.now += 60
    (row,) = await registry.bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED


async def test_it_waits_for_its_secret_and_says_what_to_do(registry: Registry) -> None:
    registry.say("discard:*; x; user=taro secret=@branch")
    job = registry.submit()
    (row,) = await registry.bench.run(job.id)
    assert (row.state, row.reason, row.attempts) == (DeliveryState.PENDING_RETRY, Reason.SECRET_MISSING, 0)
    assert "mode 0600" in row.message
    registry.keep_secret("branch word-of-the-branch\n", mode=0o644)
    registry.bench.office.now += 10
    (row,) = await registry.bench.run(job.id)
    assert "chmod 600" in row.message
    registry.keep_secret("branch word-of-the-branch\n")
    registry.bench.office.now += 10
    (row,) = await registry.bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    (request,) = registry.bench.channel.requests
    assert request.target.secret == "word-of-the-branch"
    assert "word-of-the-branch" not in repr(request) + repr(registry.bench.office.row(job.id, 1))


async def test_what_may_be_there_is_still_asked_for_after_the_wait_for_a_secret(registry: Registry) -> None:
    """N4: that nobody could be asked is no proof that nothing was sent."""
    script(registry.bench, Deferred(OutcomeKind.PROTOCOL, Reason.UNCERTAIN), Completed())
    job = registry.submit()
    await registry.bench.run(job.id)
    registry.say("discard:*; x; secret=@branch")
    registry.bench.office.now += 3000
    (row,) = await registry.bench.run(job.id)
    assert row.reason == Reason.UNCERTAIN
    registry.keep_secret("branch word\n")
    registry.bench.office.now += 10
    (row,) = await registry.bench.run(job.id)
    assert row.state is DeliveryState.COMPLETED
    assert [method for method, _ in registry.bench.channel.calls if method != "describe"] == ["deliver", "adopt"]


@pytest.mark.parametrize(
    ("line", "reason", "says"),
    [
        ("max-pages=2", Reason.TOO_MANY_PAGES, "3 pages, and max-pages=2"),
        ("max-size=10", Reason.TOO_LARGE_THERE, "bytes, and max-size=10 bytes"),
    ],
)
async def test_more_than_it_takes_is_refused(registry: Registry, line: str, reason: Reason, says: str) -> None:
    registry.say(f"discard:*; x; {line}")
    (row,) = await registry.bench.run(registry.submit().id)
    assert (row.state, row.reason) == (DeliveryState.ABORTED, reason)
    assert says in row.message
    assert not registry.bench.channel.requests


@pytest.mark.parametrize("line", ["max-pages=3", "max-size=1K"])
async def test_what_it_takes_goes(registry: Registry, line: str) -> None:
    registry.say(f"discard:*; x; {line}")
    (row,) = await registry.bench.run(registry.submit().id)
    assert row.state is DeliveryState.COMPLETED


async def test_how_many_go_at_once_changes_for_what_waits(registry: Registry) -> None:
    jobs = [registry.submit() for _ in range(3)]
    registry.say("discard:*; x; at-once=2 resend=at-most-once")
    assert {(row.at_once, row.resend) for row in registry.rows(jobs)} == {(2, "at-most-once")}
    registry.say("# nothing")
    assert {(row.at_once, row.resend) for row in registry.rows(jobs)} == {(1, "at-least-once")}


async def test_planning_anew_that_breaks_off_is_begun_again(registry: Registry) -> None:
    jobs = [registry.submit()]
    plan = registry.publisher.plan

    def break_off(where: Destination) -> PlannedDelivery:
        raise StoreUnavailable("the database is away")

    registry.publisher.plan = break_off
    with pytest.raises(StoreUnavailable):
        registry.say("discard:*; x; at-once=2")
    registry.publisher.plan = plan
    registry.publisher.look()
    assert [row.at_once for row in registry.rows(jobs)] == [2]


async def test_what_the_sender_asks_counts_less(registry: Registry) -> None:
    """Its row tells it apart from what the line says."""
    registry.bench.office.line = (("number-of-retries", "7"), ("quality", "high"))
    registry.say("discard:*; x; number-of-retries=3 quality=draft")
    office = registry.bench.office
    line = Destination(parse_address("discard:one"), "one", office.line, asked=1)
    office.service._expand = lambda _: [PlannedDelivery(line)]
    await registry.bench.run(registry.submit().id)
    (request,) = registry.bench.channel.requests
    said = dict(request.target.options)
    assert (said["number-of-retries"], said["quality"]) == ("3", "high")


def test_a_half_written_file_and_one_that_is_away_for_a_moment_change_nothing(registry: Registry) -> None:
    registry.say("discard:*; x; copies=2")
    with registry.file.open("w", encoding="utf-8") as stream:
        stream.write("discard:*; half; cop")
        stream.flush()
        registry.publisher.look()
        assert registry.publisher.rules.rules[0].options == (("copies", "2"),)
        stream.write("ies=3\n")
    registry.publisher.look()
    assert registry.publisher.rules.rules[0].options == (("copies", "3"),)
    registry.file.unlink()
    registry.publisher.look()
    assert registry.publisher.rules.rules
    registry.file.write_text("discard:*; back; copies=4\n", encoding="utf-8")
    registry.publisher.look()
    assert registry.publisher.rules.rules[0].options == (("copies", "4"),)
