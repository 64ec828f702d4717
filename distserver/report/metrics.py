"""Prometheus metrics, from the rows themselves: true whatever process answers, and after any restart."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from distserver.store.database import Database
from distserver.store.figures import Figures, read_figures


def metrics_text(database: Database) -> str:
    """The text of /metrics (OpenMetrics' older plain form)."""
    with database.read() as connection:
        figures = read_figures(connection)
    registry = CollectorRegistry()
    registry.register(_FiguresCollector(figures))
    return generate_latest(registry).decode("utf-8")


class _FiguresCollector(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """The families of this project."""
        figures = self._figures
        jobs = GaugeMetricFamily("distserver_jobs", "Jobs by state.", labels=["state"])
        for state, count in figures.jobs.items():
            jobs.add_metric([state], count)
        yield jobs
        deliveries = GaugeMetricFamily(
            "distserver_deliveries", "Deliveries by state and channel.", labels=["state", "channel"]
        )
        for (state, channel), count in figures.deliveries.items():
            deliveries.add_metric([state, channel], count)
        yield deliveries
        conversions = CounterMetricFamily(
            "distserver_conversions",
            "Conversions that were done, by the class they were done for and their outcome.",
            labels=["class", "format", "outcome"],
        )
        seconds = CounterMetricFamily(
            "distserver_conversion_cpu_seconds", "CPU time of conversions.", labels=["class", "format", "outcome"]
        )
        for (klass, form, outcome), (count, cpu) in figures.conversions.items():
            conversions.add_metric([klass, form, outcome], count)
            seconds.add_metric([klass, form, outcome], cpu)
        yield conversions
        yield seconds
        yield GaugeMetricFamily("distserver_workers", "Workers that are alive.", value=figures.workers)
