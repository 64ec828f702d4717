"""`python -m distserver`: the command line."""

from __future__ import annotations

from distwire.allocations import spare_looks


def main() -> None:
    """Run the command."""
    with spare_looks():
        from distserver.cli.root import main as run_command

        run_command()


if __name__ == "__main__":
    main()
