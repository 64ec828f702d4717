"""Where log lines go: standard error, or a file in HOME/logs when `serve` runs the process."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from distserver.errors import SetupError

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OCTETS, _FILES = 10 << 20, 5
_NOISY = ("alembic", "apscheduler", "asyncio", "watchfiles", "werkzeug", "PIL")


def set_up_logs(level: str, file: Path | None) -> None:
    """Log to `file`, in turns of 10 MB, with warnings on standard error too; without a file all goes there.

    Raises `SetupError` on an unknown level or a file that cannot be written.
    """
    wanted = logging.getLevelNamesMapping().get(level.upper())
    if wanted is None:
        raise SetupError(f"log_level '{level}' is not known: write DEBUG, INFO, WARNING or ERROR")
    screen = logging.StreamHandler()
    handlers: list[logging.Handler] = [screen]
    if file is not None:
        screen.setLevel(logging.WARNING)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(RotatingFileHandler(file, maxBytes=_OCTETS, backupCount=_FILES, encoding="utf-8"))
        except OSError as error:
            raise SetupError(f"{file} cannot be written: {error.strerror}; run as the owner of the folder") from error
    logging.basicConfig(level=wanted, format=_FORMAT, handlers=handlers, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))
