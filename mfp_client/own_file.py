"""Files of a device that are for nobody else's eyes, written as a whole."""

from __future__ import annotations

import os
from pathlib import Path


def write_own_file(path: Path, data: bytes) -> None:
    """Put a file of mode 0600 in place of the one before; it is on the disk when this returns. One writer at a time.
    Raises OSError, and leaves the old one then."""
    made = path.with_name(f".{path.name}.new")
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    made.replace(path)
