"""`python -m distserver`: the command line."""

from __future__ import annotations

from distserver.cli.root import main

if __name__ == "__main__":
    main()
