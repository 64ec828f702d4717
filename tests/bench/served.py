"""Every file of a folder through a whole server to two devices: printed or refused, and the server serves on."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from tests.support.documents import make_pdf
from tests.support.served import Served, run_office, send_through

PROFILES = ("pdf", "pwg-mono")


def main(argv: list[str] | None = None) -> int:
    """Print a table, then one JSON object; 1 when a file came to no clear end or the server did not serve on."""
    parser = argparse.ArgumentParser(prog="deploy/bench served", description=__doc__)
    parser.add_argument("--dir", type=Path, action="append", required=True, help="may be given more than once")
    parser.add_argument("--quick", action="store_true", help="the first three files of each folder")
    given = parser.parse_args(argv)
    most = 3 if given.quick else None
    files = [path for folder in given.dir for path in sorted(p for p in folder.rglob("*") if p.is_file())[:most]]
    found: list[Served] = []
    print(f"{'file':<48}{'end':<11}{'copies':<24}{'s':>6}{'web MB':>8}{'worker':>8}  words")
    with tempfile.TemporaryDirectory(prefix="served-") as folder, run_office(Path(folder), PROFILES) as server:
        for path in [*files, make_pdf(Path(folder, "after all of it.pdf"))]:
            found.append(one := send_through(server, path))
            print(
                f"{one.file[:46]:<48}{one.end:<11}{' '.join(one.copies):<24}{one.seconds:>6.1f}{one.web_mb:>8.0f}"
                f"{one.worker_mb:>8.0f}  {one.words[:110]}",
                flush=True,
            )
        healthy = json.loads(server.get("/healthz"))["status"] == "ok"
    ends = Counter(one.end for one in found)
    print(json.dumps({"ends": ends, "healthy": healthy, "files": [asdict(one) for one in found]}, ensure_ascii=False))
    clear = all(one.end == "completed" or one.words for one in found)
    return 0 if healthy and clear and found[-1].end == "completed" else 1


if __name__ == "__main__":
    raise SystemExit(main())
