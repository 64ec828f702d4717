"""A panel with 10,000 stored documents beside one with 100: lists, search, thumbnails over HTTP; and its memory."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mfp_client.settings import DeviceSettings
from tests.support.documents import draw_photo
from tests.support.memory_crowd import open_crowd
from tests.support.panel import Panel, run_panel
from tests.support.processes import find_descendants

FEW, MANY = 100, 10_000
MOST_RATIO, MOST_MB = 2.0, 150.0
_SHEETS = 3
QUESTIONS = {
    "state": "/api/state",
    "list": "/api/documents",
    "search, a common word": "/api/documents?search=invoice",
    "search, Japanese": f"/api/documents?search={quote('請求')}",
    "search, one document": f"/api/documents?search={quote('no. 42')}&limit=1",
    "search, nothing": "/api/documents?search=zzz",
}


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(prog="deploy/bench panel", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 40 if parser.parse_args(argv).quick else 300
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        few, many = (stack.enter_context(_open(Path(folder, str(count)), count)) for count in (FEW, MANY))
        print(f"{'question':<24} {f'{FEW} docs ms':>12} {f'{MANY} docs ms':>14} {'ratio':>6}")
        lines = [_compare(name, [path], (few, many), rounds) for name, path in QUESTIONS.items()]
        thumbnails = [_thumbnails(panel) for panel in (few, many)]
        lines.append(_compare("24 thumbnails", thumbnails[0], (few, many), rounds // 10, thumbnails[1]))
        for panel in (few, many):
            _work(panel)
        peaks = {count: _peak_mb(panel) for count, panel in ((FEW, few), (MANY, many))}
    worst = max(float(line["ratio"]) for line in lines)
    print(f"\npeak memory of the panel: {peaks[FEW]:.0f} MB with {FEW}, {peaks[MANY]:.0f} MB with {MANY} documents")
    figures = {"worst_ratio": worst, "peak_mb": round(peaks[MANY], 1), "peak_mb_few": round(peaks[FEW], 1)}
    missed = [name for name, most in (("worst_ratio", MOST_RATIO), ("peak_mb", MOST_MB)) if figures[name] > most]
    print(json.dumps({"questions": lines, **figures, "missed": missed}))
    return 1 if missed else 0


def _open(home: Path, count: int) -> Any:
    open_crowd(home, count).close()
    settings = DeviceSettings(log_in="none", panel_port=0, printer_uri="cups:none", scanners=(f"folder:{home}/feeder",))
    return run_panel(home, settings)


def _thumbnails(panel: Panel) -> list[str]:
    shown = panel.get("/api/documents")["documents"]
    return [f"/api/documents/{one['id']}/thumbnail.jpg" for one in shown]


def _work(panel: Panel) -> None:
    """Scan large pages in colour, look at them, erase them: what passes through the panel itself counts."""
    panel.lay(*(draw_photo((3508, 4961)) for _ in range(_SHEETS)))
    panel.post("/api/tasks", kind="store", title="photos", scan={"resolution": 300, "color": "color"})
    task = panel.wait_for("done", "failed")
    assert task["step"] == "done", task
    image_id = task["document"]["id"]
    for number in range(1, _SHEETS + 1):
        panel.get(f"/api/documents/{image_id}/pages/{number}.jpg")
    assert panel.ask("DELETE", f"/api/documents/{image_id}").status == 200
    panel.post("/api/task/stop")


def _compare(
    name: str, paths: list[str], panels: tuple[Panel, Panel], rounds: int, others: list[str] | None = None
) -> dict[str, Any]:
    """The median of many rounds, both panels in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for panel, spent, asked in zip(panels, times, (paths, others or paths), strict=True):
            begun = time.perf_counter()
            for path in asked:
                panel.get(path)
            spent.append(1000 * (time.perf_counter() - begun))
    few, many = (sorted(spent)[len(spent) // 2] for spent in times)
    print(f"{name:<24} {few:>12.2f} {many:>14.2f} {many / few:>6.2f}", flush=True)
    return {"question": name, "few_ms": round(few, 2), "many_ms": round(many, 2), "ratio": round(many / few, 2)}


def _peak_mb(panel: Panel) -> float:
    """The panel's own peak, and that of its largest child just now."""
    processes = [panel.process.pid, *(one.pid for one in find_descendants(panel.process.pid))]
    return max(
        int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024 for pid in processes
    )


if __name__ == "__main__":
    raise SystemExit(main())
