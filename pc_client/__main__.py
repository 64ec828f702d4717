"""`python -m pc_client …`, the same as `pc-client …`."""

from __future__ import annotations

from pc_client.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="pc-client")


if __name__ == "__main__":
    main()
