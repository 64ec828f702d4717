"""D11, N4: the server's delivery to a device that is switched off meanwhile is completed, and printed once."""

from __future__ import annotations

from pathlib import Path

from tests.support.device import printed_jobs
from tests.support.hostile.catalogue import PATIENCE
from tests.support.patience import wait_until
from tests.support.patient_client import PAGES, make_pages
from tests.support.power_cut import FrailDevice
from tests.support.pressing import press
from tests.support.server import Server, run_server

_STAGES = {
    "job made": "fsync state/jobs",
    "received": "fsync state/spool",
    "first page out": "out/page-001.png",
    "second page out": "out/page-002.png",
    "all out": "out/job.json",
    "in the tray": "fsync tray",
}
"""The end of what was written last when the power is cut."""


def test_a_delivery_is_completed_whatever_the_device_was_doing(tmp_path: Path) -> None:
    document = tmp_path / "pages.pdf"
    document.write_bytes(make_pages())
    frail = FrailDevice(tmp_path / "device")
    try:
        with run_server(tmp_path / "server", **PATIENCE) as server:
            server.add_group("all.rec", "all", [f"{frail.device.uri}; copier"])
            frail.arm(0, "before")
            _wait_for_end(server, press(server, document, "first", {"group": "all", "title": "undisturbed"}))
            writes = frail.writes
            for stage, words in _STAGES.items():
                number = _find_write(writes, words)
                frail.arm(number, "after")
                job = press(server, document, stage.replace(" ", "-"), {"group": "all", "title": stage})
                frail.wait_for_death()
                frail.revive()
                assert _wait_for_end(server, job) == "completed", stage
                (printed,) = [one for one in printed_jobs(frail.tray) if stage in one.name]
                assert (printed.state, printed.record["pages"], len(printed.pages)) == ("completed", PAGES, PAGES)
    finally:
        frail.device.kill()


def _find_write(writes: list[str], words: str) -> int:
    return next(at for at, write in enumerate(writes, start=1) if write.endswith(words))


def _wait_for_end(server: Server, job: str) -> str:
    wait_until(lambda: server.job(job)["state"] in ("completed", "aborted", "canceled"), lambda: server.job(job))
    return str(server.job(job)["state"])
