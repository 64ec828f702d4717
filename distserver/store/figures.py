"""SQL over everything, for the metrics."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from distserver.store.tables import conversion, delivery, executor, job


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts: jobs by state; deliveries by (state, channel); conversions by (class, format, outcome) with their CPU
    seconds; workers alive."""

    jobs: dict[str, int]
    deliveries: dict[tuple[str, str], int]
    conversions: dict[tuple[str, str, str], tuple[int, float]]
    workers: int


def read_figures(connection: sa.Connection) -> Figures:
    """All counts, as they stand now."""
    jobs = connection.execute(sa.select(job.c.state, sa.func.count()).group_by(job.c.state))
    deliveries = connection.execute(
        sa.select(delivery.c.state, delivery.c.channel, sa.func.count()).group_by(delivery.c.state, delivery.c.channel)
    )
    kinds = (conversion.c.klass, conversion.c.format, conversion.c.outcome)
    conversions = connection.execute(sa.select(*kinds, sa.func.count(), sa.func.sum(conversion.c.cpu)).group_by(*kinds))
    alive = sa.select(sa.func.count()).select_from(executor).where(sa.not_(executor.c.reaped))
    return Figures(
        jobs={state: count for state, count in jobs},
        deliveries={(state, channel): count for state, channel, count in deliveries},
        conversions={(klass, form, outcome): (count, cpu) for klass, form, outcome, count, cpu in conversions},
        workers=connection.execute(alive).scalar_one(),
    )
