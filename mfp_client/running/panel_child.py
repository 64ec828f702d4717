"""The panel as a child of `mfp-client run`: `python -m mfp_client.running.panel_child PARENT HOME`.

It is `mfp-client panel` for that home, and ends when its parent does, whatever ends that.
"""

from __future__ import annotations

import sys

from distwire.lineage import end_with_parent
from mfp_client.cli import cli


def main(parent: str, home: str) -> None:
    """Run the panel."""
    end_with_parent(int(parent))
    cli(["panel", "--home", home], prog_name="mfp-client")


if __name__ == "__main__":
    main(*sys.argv[1:])
