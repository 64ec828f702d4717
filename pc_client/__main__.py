"""`python -m pc_client …`, the same as `pc-client …`."""

from __future__ import annotations

import io
import sys

from distwire.allocations import spare_looks


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # titles of documents are in any script, and end no program
        sys.stdout.reconfigure(errors="backslashreplace")
    with spare_looks():
        from pc_client.cli import cli

        cli(prog_name="pc-client")


if __name__ == "__main__":
    main()
