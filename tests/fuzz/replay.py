"""Plays scripts again and says what comes of each request: `python -m tests.fuzz.replay FILE… [--thorough]`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from distwire.ipp.enums import status_keyword
from distwire.ipp.message import Message
from distwire.ipp.service import Reply
from tests.fuzz.findings import Finding
from tests.fuzz.script import read_script
from tests.fuzz.watch import Watch


class _Talkative(Watch):
    """Says each answer."""

    def answered(self, request: Message, reply: Reply) -> None:
        """See `Watch`."""
        print(f"  {request.code:#06x} → {status_keyword(reply.status)} {reply.words or ''}")
        super().answered(request, reply)


def main(argv: list[str] | None = None) -> int:
    """1 when anything is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.replay", description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--thorough", action="store_true", help="look into documents as the server does, in threads")
    given = parser.parse_args(argv)
    watch = _Talkative(_tell)
    with tempfile.TemporaryDirectory() as home, watch.over(Path(home) / "home", thorough=given.thorough):
        for path in given.files:
            raw = path.read_bytes()
            print(f"{path}: {len(read_script(raw))} steps")
            watch.play(raw)
            watch.clear()
    return 1 if watch.tally.findings else 0


def _tell(finding: Finding) -> None:
    print(f"FOUND {finding.key}\n{finding.details}")


if __name__ == "__main__":
    raise SystemExit(main())
