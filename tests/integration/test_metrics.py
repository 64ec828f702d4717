"""The figures that Prometheus reads: from the rows, on each database, whoever answers (N6)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from distserver.compose import build_renderer
from distserver.jobs.lifecycle import Event
from distserver.jobs.upkeep import Upkeep
from distserver.model.counting import ADOPTIONS, LEASES_LOST, Tally
from distserver.model.lanes import LaneNews
from distserver.model.states import DeliveryState, OutcomeKind, Priority, Reason
from distserver.render.contract import Conversion, ConversionOutcome, Purpose
from distserver.report.metrics import COUNTERS, GAUGES, HISTOGRAMS, metrics_text, name_metric
from distserver.settings import load_settings
from distserver.store import counters
from tests.support.jobs import SENDER, Office

Sample = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    made = Office(tmp_path, database_url, size=3)
    yield made
    made.close()


def read(office: Office) -> dict[Sample, float]:
    """All samples that are not 0, as another process would answer them."""
    text = metrics_text(office.database, office.spool, office.now)
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(one.name, frozenset(one.labels.items())): one.value for one in samples if one.value}


def sample(name: str, **labels: str) -> Sample:
    return f"distserver_{name}", frozenset(labels.items())


def test_an_empty_store_has_every_family(office: Office) -> None:
    text = metrics_text(office.database, office.spool, office.now)
    for family in (*GAUGES, *COUNTERS, *HISTOGRAMS):
        assert f"# HELP {name_metric(family)} {family.text}" in text, family.name


async def test_live_deliveries_are_counted_exactly(office: Office) -> None:
    office.submit()
    held = office.submit(hold=True, priority=Priority.BULK)
    ledger = office.ledger("w")
    taken, _ = await ledger.claim(1, 1)
    office.now += 30
    found = read(office)
    live = {"channel": "discard", "state": "pending"}
    assert found[sample("deliveries", reason="none", **live)] == 2 + held.counts.total
    assert found[sample("deliveries", channel="discard", state="processing", reason=taken[0].reason)] == 1
    assert found[sample("deliveries_waiting", queue="ready", priority="normal")] == 2
    assert found[sample("deliveries_waiting", queue="held", priority="bulk")] == 3
    assert found[sample("queue_age_seconds", priority="normal")] == 30
    assert sample("queue_age_seconds", priority="bulk") not in found  # nothing there may go
    assert found[sample("jobs_accepted_total", priority="bulk")] == 1


async def test_what_a_device_says_of_itself_makes_no_new_label(office: Office) -> None:
    office.submit()
    ledger = office.ledger("w")
    for standing in (await ledger.claim(3, 3))[0]:
        standing.reason, standing.tried = "x-strange-thing-of-this-device", OutcomeKind.BUSY
        standing.due = office.now + 9
        standing.news = LaneNews(OutcomeKind.BUSY, "x-strange", pause=9.0)
        await ledger.settle(standing, Event.DEFER)
    found = read(office)
    assert found[sample("deliveries", channel="discard", state="pending-retry", reason="other")] == 3
    assert found[sample("delivery_retries_total", channel="discard", kind="busy")] == 3
    assert found[sample("destinations_troubled", standing="troubled")] == 3


async def test_outcomes_and_times_are_counted_with_the_receipts(office: Office) -> None:
    """Whichever of several workers wrote them, and also after all of them have ended."""
    start = office.now
    office.submit()
    for place, name in enumerate(("one", "two", "three")):
        ledger = office.ledger(name)
        office.now = start + 2 + place
        ((standing,), _) = await ledger.claim(1, 1)
        office.now += 20
        standing.reason = Reason.COMPLETED.value if place else "media-jam"
        await ledger.settle(standing, Event.COMPLETE if place else Event.FAIL)
        office.now = start
    found = read(office)
    ended = {"channel": "discard"}
    assert found[sample("deliveries_ended_total", state="completed", reason=Reason.COMPLETED, **ended)] == 2
    assert found[sample("deliveries_ended_total", state="aborted", reason="other", **ended)] == 1
    assert found[sample("delivery_seconds_count", priority="normal")] == 2
    assert found[sample("delivery_seconds_sum", priority="normal")] == 23 + 24
    assert found[sample("delivery_seconds_bucket", priority="normal", le="30.0")] == 2
    assert sample("delivery_seconds_bucket", priority="normal", le="10.0") not in found
    assert found[sample("delivery_wait_seconds_count", priority="normal")] == 3
    assert found[sample("delivery_wait_seconds_bucket", priority="normal", le="2.5")] == 1


async def test_a_worker_that_lost_its_claim_counts_nothing(office: Office) -> None:
    office.submit()
    dead, living = office.ledger("dead"), office.ledger("living")
    held, _ = await dead.claim(3, 3)
    office.bury("dead", crash=0.0)
    taken, _ = await living.claim(3, 3)
    for standing in (*held, *taken):
        await (living if standing in taken else dead).settle(standing, Event.COMPLETE)
    name = sample("deliveries_ended_total", state="completed", reason="connecting-to-destination", channel="discard")
    assert read(office)[name] == 3


def test_what_ends_without_an_attempt_is_counted_too(office: Office) -> None:
    canceled, late = office.submit(), office.submit(hold=True)
    office.service.cancel(canceled.id, SENDER, [1, 2])
    office.now += 10_000
    upkeep = Upkeep(office.database, office.spool, lambda _: None, 3600.0)
    upkeep.expire_deadlines(office.now)
    found = read(office)
    ended = {"channel": "discard"}
    assert found[sample("deliveries_ended_total", state="canceled", reason=Reason.CANCELED_BY_USER, **ended)] == 2
    assert found[sample("deliveries_ended_total", state="aborted", reason=Reason.DEADLINE, **ended)] == 1 + 3
    assert office.query.delivery(late.id, 1, SENDER)[0].state is DeliveryState.ABORTED


def test_conversions_are_counted_and_leave_no_row_each(office: Office, tmp_path: Path) -> None:
    """N2: whatever a device calls its paper."""
    renderer = build_renderer(load_settings(tmp_path / "home", {})[0], office.database, office.spool)
    key = f"image/pwg-raster;srgb_8;300x300;our own paper;{'9' * 200}"
    for outcome in (ConversionOutcome.COMPLETED, ConversionOutcome.COMPLETED, ConversionOutcome.REFUSED):
        done = Conversion(Purpose.RENDITION, key, ("0" * 64,), outcome, seconds=1.0, cpu_seconds=0.5, peak_mb=30.0)
        renderer._ledger.record(done)
    renderer.close()
    kinds = {"class": key.replace(" ", "_")[:120], "format": "image/pwg-raster"}
    found = read(office)
    assert found[sample("conversions_total", outcome="completed", **kinds)] == 2
    assert found[sample("conversions_total", outcome="refused", **kinds)] == 1
    assert found[sample("conversion_cpu_seconds_total", outcome="completed", **kinds)] == 1.0
    with office.database.read() as connection:
        assert len(counters.read_all(connection)) == 4


def test_shards_are_added_up(office: Office) -> None:
    for writer in ("a", "b", "c", "a"):
        tally = Tally()
        tally.count(ADOPTIONS, "absent")
        tally.count(LEASES_LOST, "same", by=0.5)
        with office.database.begin() as connection:
            counters.add(connection, tally, counters.shard_of(writer))
    found = read(office)
    assert found[sample("delivery_adoptions_total", answer="absent")] == 4
    assert found[sample("worker_leases_lost_total", machine="same")] == 2
