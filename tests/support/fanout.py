"""The measurements of `deploy/bench fanout`, on a server, a sink and a cupsd that run.

Every ratio is of things measured in turn in one run, so that a busy machine slows both. The printers of a sink have
numbers; each measurement takes its own, so that a server knows of them only what that measurement wants.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tests.support.broadcast import Broadcast, Station, check_arrivals
from tests.support.costs import forget_peak, peak_mb
from tests.support.cups_fanout import CupsQueues
from tests.support.floor import measure_floor
from tests.support.sink import Sink

Figures = dict[str, Any]

_COLD_FROM = 1_001
_SIZE_FROM = {1_000: 2_001, 10_000: 10_001}
_URGENT_FROM = 40_001
_URGENT_JOBS = 9
_END_SECONDS = 1800.0


def measure_cold_and_warm(station: Station, sink: Sink, cups: CupsQueues, count: int, rounds: int) -> Figures:
    """Rounds of: the floor, a broadcast to printers never seen, the floor, one to printers known, the floor, lp."""
    station.add_group("known", (sink.uri(number) for number in range(1, count + 1)))
    first = station.broadcast(sink, "known", count)
    cold: list[Broadcast] = []
    warm: list[Broadcast] = []
    floors: list[float] = []
    lp: list[float] = []
    against: dict[str, list[float]] = {"cold": [], "warm": [], "lp": [], "lp_floor": []}
    for turn in range(rounds):
        begin = _COLD_FROM + turn * count
        station.add_group(f"new{turn}", (sink.uri(number) for number in range(begin, begin + count)))
        floors += [_floor(sink, begin, count, station)]
        cold.append(station.broadcast(sink, f"new{turn}", count))
        floors += [_floor(sink, 1, count, station)]
        warm.append(station.broadcast(sink, "known", count))
        floors += [_floor(sink, 1, count, station)]
        before, between, after = floors[-3:]
        against["cold"].append(2 * cold[-1].wall_s / (before + between))
        against["warm"].append(2 * warm[-1].wall_s / (between + after))
        if turn < max(2, rounds - 2):
            lp.append(cups.broadcast(station.document).wall_s)
            against["lp"].append(warm[-1].whole_s / lp[-1])
            against["lp_floor"].append(lp[-1] / after)
    return {
        "wall_vs_floor_100": statistics.median(against["warm"]),
        "wall_vs_floor_100_min": min(against["warm"]),
        "wall_vs_floor_100_max": max(against["warm"]),
        "wall_vs_floor_100_cold": statistics.median(against["cold"]),
        "wall_vs_lp_100": statistics.median(against["lp"]),
        "lp_vs_floor_100": statistics.median(against["lp_floor"]),
        "floor_100_s": statistics.median(floors),
        "first_100_s": first.wall_s,
        "cold_100_s": statistics.median(each.wall_s for each in cold),
        "ours_100_s": statistics.median(each.wall_s for each in warm),
        "lp_100_s": statistics.median(lp),
        "accept_100_s": statistics.median(each.accept_s for each in warm),
        "cpu_ms_per_delivery_100": 1000 * statistics.mean(each.cpu_each for each in warm),
        "cpu_ms_per_delivery_100_cold": 1000 * statistics.mean(each.cpu_each for each in cold),
    }


def _floor(sink: Sink, first: int, count: int, station: Station) -> float:
    sink.reset()
    wall: float = measure_floor(sink.port, first, count, station.document)["wall_s"]
    check_arrivals(sink.stats(), count)
    return wall


def measure_raster(station: Station, sink: Sink, lp: Figures, count: int) -> Figures:
    """A broadcast to printers that take raster only. `lp` has CUPS' CPU seconds for as many queues."""
    station.add_group("raster", (sink.uri(number) for number in range(1, count + 1)))
    before = station.conversions()
    run = station.broadcast(sink, "raster", count)
    return {
        "cpu_vs_lp_raster_100": run.cpu_s / lp["cpu_s"],
        "conversions_raster_100": station.conversions() - before,
        "raster_100_s": run.wall_s,
        "raster_100_cpu_s": run.cpu_s,
        "lp_raster_100_s": lp["wall_s"],
        "lp_raster_100_cpu_s": lp["cpu_s"],
        "lp_raster_queues": lp["queues"],
    }


def measure_sizes(station: Station, sink: Sink, hundred: Figures, sizes: Sequence[int]) -> Figures:
    """Broadcasts to more printers, none of them seen before; null for a size that is not asked for."""
    found: Figures = dict.fromkeys(
        ("cost_1000_vs_100", "cost_10000_vs_100", "peak_mb_10000", "accept_10000_s", "urgent_start_ms", "engine_share")
    )
    base = hundred["cpu_ms_per_delivery_100_cold"]
    for size in sizes:
        begin = _SIZE_FROM.get(size, 100_000 + size)
        group = f"size{size}"
        station.add_group(group, (sink.uri(number) for number in range(begin, begin + size)))
        if size < 10_000:
            floor = _floor(sink, begin, size, station)
            run = station.broadcast(sink, group, size)
            found |= {f"floor_{size}_s": floor, f"cold_{size}_s": run.wall_s, f"accept_{size}_s": run.accept_s}
            found[f"cpu_ms_per_delivery_{size}"] = 1000 * run.cpu_each
            found[f"cost_{size}_vs_100"] = 1000 * run.cpu_each / base
            found |= _measure_engine(station, sink, group, size)
        else:
            found |= _measure_bulk(station, sink, group, size, base)
    return found


def _measure_engine(station: Station, sink: Sink, group: str, size: int) -> Figures:
    """What is left of the cost of a delivery when nothing is sent: the engine, the store, and its part in accepting."""
    station.add_group(f"nowhere{size}", (f"discard:n{size}-{number}" for number in range(size)))
    station.discard(f"nowhere{size}", size)
    sent, discarded = station.broadcast(sink, group, size), station.discard(f"nowhere{size}", size)
    return {
        "engine_share": discarded.cpu_each_in_all / sent.cpu_each_in_all,
        "discard_cpu_ms_per_delivery": 1000 * discarded.cpu_each_in_all,
        f"discard_{size}_s": discarded.whole_s,
        f"ours_{size}_s": sent.wall_s,
        f"cpu_ms_per_delivery_{size}_known": 1000 * sent.cpu_each,
        "database_cpu_ms_per_delivery": 1000 * sent.database_s / size,
    }


def _measure_bulk(station: Station, sink: Sink, group: str, size: int, base: float) -> Figures:
    """A bulk job, and urgent ones while it is under way; their few deliveries are in its cost."""
    for number in range(_URGENT_FROM, _URGENT_FROM + _URGENT_JOBS):
        station.add_group(f"urgent{number}", (sink.uri(number),))
    worker = station.worker()
    forget_peak(worker.pid)
    sink.reset()
    before, database = station.cpu(), station.database_cpu()
    accepted = station.submit(group=group, priority="bulk")
    starts: list[float] = []
    urgent = list(_send_urgent(station, sink, size, starts))
    stats = sink.wait(size + len(urgent), _END_SECONDS)
    for job in urgent:
        station.wait_for_end(job, 1)
    station.wait_for_end(accepted.job, size)
    check_arrivals(sink.stats(), size + len(urgent))
    each = 1000 * (station.cpu() - before) / (size + len(urgent))
    return {
        f"cost_{size}_vs_100": each / base,
        f"peak_mb_{size}": peak_mb(worker.pid),
        f"accept_{size}_s": accepted.accepted_at - accepted.asked_at,
        f"cold_{size}_s": stats["last_document_at"] - accepted.accepted_at,
        f"cpu_ms_per_delivery_{size}": each,
        f"database_cpu_ms_per_delivery_{size}": 1000 * (station.database_cpu() - database) / size,
        "urgent_start_ms": statistics.median(starts) if starts else None,
        "urgent_start_ms_max": max(starts, default=None),
        "urgent_jobs": len(starts),
    }


def _send_urgent(station: Station, sink: Sink, size: int, starts: list[float]) -> Iterator[str]:
    """Ids of urgent jobs for one printer each, sent while the bulk job is really under way; `starts` gets the
    milliseconds from the server's answer to the first request at the printer, below zero when that came first."""
    sink.wait(size // 50, _END_SECONDS)
    for number in range(_URGENT_FROM, _URGENT_FROM + _URGENT_JOBS):
        if sink.stats()["documents"] > size * 0.9:
            return
        accepted = station.submit(group=f"urgent{number}", priority="urgent")
        deadline = time.monotonic() + _END_SECONDS
        while (seen := sink.first_seen(number)) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if seen is not None:
            starts.append(1000 * (seen - accepted.accepted_at))
        yield accepted.job
        time.sleep(0.3)
