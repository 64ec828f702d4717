"""A job held against what a scanner can: what is open is chosen, what cannot be is refused before paper moves."""

from __future__ import annotations

from dataclasses import replace

from distwire.scan.contract import Capabilities, ScanJob, Scanner, Source, SourceAbility
from distwire.scan.faults import SettingRefused


def match_job(scanner: Scanner, job: ScanJob) -> ScanJob:
    """The job with its source decided. Raises `SettingRefused` for what the scanner cannot do."""
    capabilities = scanner.describe()
    if not capabilities.sources:
        raise SettingRefused(f"{capabilities.name} names neither a platen nor a feeder")
    source = job.source or _choose_source(scanner, job, capabilities)
    ability = capabilities.find_source(source)
    if ability is None:
        has = " and ".join(str(one.source) for one in capabilities.sources)
        raise SettingRefused(f"{capabilities.name} has no {source}: it has {has}")
    _check(ability, job, capabilities.name)
    return replace(job, source=source)


def _choose_source(scanner: Scanner, job: ScanJob, capabilities: Capabilities) -> Source:
    if len(capabilities.sources) == 1:
        return capabilities.sources[0].source
    return Source.ADF if job.duplex else scanner.sense_source(capabilities)


def _check(ability: SourceAbility, job: ScanJob, name: str) -> None:
    if job.duplex and not ability.duplex:
        raise SettingRefused(f"{name} cannot scan both sides from its {ability.source}: scan one side")
    if not ability.resolutions.allows(job.resolution):
        can = ability.resolutions.describe()
        raise SettingRefused(f"{name} cannot scan {job.resolution} dpi from its {ability.source}: it can {can}")
    if job.color not in ability.colors:
        can = ", ".join(ability.colors)
        raise SettingRefused(f"{name} cannot scan {job.color} from its {ability.source}: it can {can}")
    if job.size is not None and (job.size[0] > ability.size[0] or job.size[1] > ability.size[1]):
        width, height = (round(side / 100) for side in ability.size)
        raise SettingRefused(f"the largest page of {name} is {width} by {height} mm")
