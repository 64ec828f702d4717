"""Where log lines go, and how they are written: for people (text) or for machines (json).

A line of ours is an event and its facts: `log.info("delivery-ended", {"job": …, "delivery": …})`. The event is a fixed
word, the facts are a mapping; each format writes them in its own way. docs/reference/logs.md lists all events.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from distserver.errors import SetupError

_OCTETS, _FILES = 10 << 20, 5
_NOISY = ("alembic", "apscheduler", "asyncio", "mail.log", "watchfiles", "werkzeug", "PIL", "zeroconf")
"""`mail.log` is aiosmtpd's: it says each word of each call."""
_PLAIN = re.compile(r"[^\s\"=\x00-\x1f\x7f-\x9f]+")
_EVENT = re.compile(r"[a-z]+(-[a-z]+)+")
_TRICKS = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON lets stand: a terminal obeys it, some readers begin a new line there, and half a pair no file takes."""

_FOREIGN = "message"


def set_up_logs(level: str, file: Path | None, style: str = "text") -> None:
    """Log to `file`, in turns of 10 MB, with warnings on standard error too; without a file all goes there.

    `style` is text or json. Raises `SetupError` on an unknown level or a file that cannot be written.
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
    for handler in handlers:
        handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(level=wanted, handlers=handlers, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(wanted, logging.WARNING))


class TextLines(logging.Formatter):
    """`2026-01-31 09:30:00,123 INFO distserver.jobs.ledger job-ended job=…`; a value that is not a plain word is
    written as a JSON string."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is of logging
        """One line."""
        facts = facts_of(record)
        if facts is not None:
            record.message = " ".join([str(record.msg), *(f"{name}={_write(value)}" for name, value in facts.items())])
        return super().formatMessage(record)


class JsonLines(logging.Formatter):
    """One object a line: ts, level, logger, event, pid, and the facts. What libraries say is the event `message`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        facts = facts_of(record)
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": _FOREIGN if facts is None else str(record.msg),
            "pid": record.process,
            **({"text": record.getMessage()} if facts is None else facts),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return _dump(line)


def facts_of(record: logging.LogRecord) -> dict[str, Any] | None:
    """The facts of a line of ours, which may have none; None of a line in words."""
    if isinstance(record.args, dict):
        return record.args
    return {} if not record.args and _EVENT.fullmatch(str(record.msg)) else None


def _write(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) and not _TRICKS.search(text) else _dump(text)


def _dump(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _TRICKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
