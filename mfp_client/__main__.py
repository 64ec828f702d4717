"""`python -m mfp_client …`, the same as `mfp-client …`."""

from __future__ import annotations

from mfp_client.cli import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="mfp-client")


if __name__ == "__main__":
    main()
