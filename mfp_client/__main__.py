"""`python -m mfp_client …`, the same as `mfp-client …`."""

from __future__ import annotations

from distwire.allocations import spare_looks


def main() -> None:
    """Run the command line."""
    with spare_looks():
        from mfp_client.cli import cli

        cli(prog_name="mfp-client")


if __name__ == "__main__":
    main()
