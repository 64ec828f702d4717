"""Prometheus metrics, from the rows themselves: true whatever process answers, and after any restart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

import distserver
from distserver.model.counting import FAMILIES, SUM, Family, name_reason
from distserver.model.states import JobState, Priority, Queue
from distserver.store.database import Database
from distserver.store.figures import Figures, read_figures
from distserver.store.rows import RANKS
from distserver.store.spool import Spool
from distserver.store.usage import Usage, measure

PREFIX = "distserver_"
Samples = Iterable[tuple[Sequence[str], float]]

BUILD = Family("build_info", "The version that answers; always 1.", ("version",))
JOBS = Family("jobs", "Jobs by state, those that have ended too until they are forgotten.", ("state",))
DELIVERIES = Family(
    "deliveries",
    "Deliveries that have not ended, by state, reason and channel. Reasons that only devices use count as other.",
    ("state", "reason", "channel"),
)
WAITING = Family(
    "deliveries_waiting",
    "Deliveries that wait: ready (for a worker), timed (for their time or their next try), lane (for their "
    "destination), held (for a person), paused (for a paused group).",
    ("queue", "priority"),
)
QUEUE_AGE = Family(
    "queue_age_seconds",
    "For how long the oldest delivery that may go has been waiting for a worker; 0 when none waits.",
    ("priority",),
)
DESTINATIONS = Family(
    "destinations_troubled",
    "Destinations that failed last time: troubled are tried again by themselves, suspended are only asked.",
    ("standing",),
)
WORKERS = Family("workers", "Workers that nobody has taken for dead.")
BEAT_AGE = Family("worker_beat_age_seconds", "Seconds since a worker last said that it is alive.", ("worker",))
SPOOL = Family("spool_bytes", "Bytes in the spool of the machine that answers, by kind.", ("kind",))
DISK_FREE = Family("spool_free_bytes", "Bytes free on the disk of that spool.")

GAUGES = (BUILD, JOBS, DELIVERIES, WAITING, QUEUE_AGE, DESTINATIONS, WORKERS, BEAT_AGE, SPOOL, DISK_FREE)
COUNTERS = tuple(family for family in FAMILIES if not family.bounds)
HISTOGRAMS = tuple(family for family in FAMILIES if family.bounds)


def metrics_text(database: Database, spool: Spool, now: float) -> str:
    """The text of /metrics (OpenMetrics' older plain form)."""
    with database.read() as connection:
        figures = read_figures(connection)
    registry = CollectorRegistry()
    registry.register(_FiguresCollector(figures, measure(spool), now))
    return generate_latest(registry).decode("utf-8")


def name_metric(family: Family) -> str:
    """The name under which Prometheus finds it (a histogram's without _bucket, _sum and _count)."""
    if family.bounds:
        return f"{PREFIX}{family.name}_seconds"
    return f"{PREFIX}{family.name}_total" if family in COUNTERS else f"{PREFIX}{family.name}"


class _FiguresCollector(Collector):
    def __init__(self, figures: Figures, usage: Usage, now: float) -> None:
        self._figures = figures
        self._usage = usage
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """The families of this project."""
        figures, live = self._figures, self._figures.live
        yield _gauge(BUILD, [((distserver.__version__,), 1)])
        yield _gauge(JOBS, [((state,), figures.jobs.get(state, 0)) for state in JobState])
        yield _gauge(DELIVERIES, _bound_reasons(live.standing))
        queues = [queue for queue in Queue if queue is not Queue.NONE]
        waiting = live.waiting
        yield _gauge(
            WAITING, [((queue, word), waiting[queue, rank]) for queue in queues for word, rank in RANKS.items()]
        )
        yield _gauge(QUEUE_AGE, [((word,), self._age(live.oldest.get(RANKS[word]))) for word in Priority])
        yield _gauge(DESTINATIONS, [(("troubled",), figures.troubled), (("suspended",), figures.suspended)])
        yield _gauge(WORKERS, [((), len(figures.workers))])
        beats = [((f"{one.host.partition('/')[0]}:{one.pid}",), self._age(one.beat)) for one in figures.workers]
        yield _gauge(BEAT_AGE, beats)
        yield _gauge(SPOOL, [(("documents",), self._usage.documents), (("renditions",), self._usage.renditions)])
        yield _gauge(DISK_FREE, [((), self._usage.free)])
        yield from self._counted()

    def _counted(self) -> Iterator[Metric]:
        by_name: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
        for (name, labels), value in self._figures.counted.items():
            by_name[name][tuple(labels.split())] = value
        for family in FAMILIES:
            found = by_name[family.name]
            if family.bounds:
                yield _histogram(family, found)
            else:
                yield _counter(family, found.items() if found or family.labels else [((), 0)])

    def _age(self, since: float | None) -> float:
        return 0.0 if since is None else max(0.0, self._now - since)


def _gauge(family: Family, samples: Samples) -> Metric:
    metric = GaugeMetricFamily(PREFIX + family.name, family.text, labels=family.labels)
    for labels, value in samples:
        metric.add_metric(labels, value)
    return metric


def _counter(family: Family, samples: Samples) -> Metric:
    metric = CounterMetricFamily(PREFIX + family.name, family.text, labels=family.labels)
    for labels, value in samples:
        metric.add_metric(labels, value)
    return metric


def _histogram(family: Family, found: dict[tuple[str, ...], float]) -> Metric:
    """From single buckets, as they are counted, to cumulative ones, as Prometheus wants them."""
    metric = HistogramMetricFamily(name_metric(family), family.text, labels=family.labels)
    for labels in sorted({words[:-1] for words in found}):
        buckets, total = [], 0.0
        for bound in (*map(str, family.bounds), "+Inf"):
            total += found.get((*labels, bound), 0.0)
            buckets.append((bound, total))
        metric.add_metric(labels, buckets, found.get((*labels, SUM), 0.0))
    return metric


def _bound_reasons(standing: dict[tuple[str, str, str], int]) -> Samples:
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for (state, reason, channel), count in standing.items():
        found[state, name_reason(reason), channel] += count
    return found.items()
