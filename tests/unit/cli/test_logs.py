"""Log lines, for people and for machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from distserver.cli.logs import JsonLines, TextLines, set_up_logs
from distserver.errors import SetupError

log = logging.getLogger("distserver.tests.logs")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger; afterwards its handlers are as before."""
    found = logging.getLogger()
    before, level = found.handlers[:], found.level
    yield found
    for handler in found.handlers:
        if handler not in before:
            handler.close()
    found.handlers[:] = before
    found.setLevel(level)


def record(
    event: str, *args: object, name: str = "distserver.x", error: BaseException | None = None
) -> logging.LogRecord:
    told = None if error is None else (type(error), error, error.__traceback__)
    return logging.LogRecord(name, logging.INFO, "x.py", 1, event, args, told)


def test_text_is_an_event_and_its_facts() -> None:
    line = TextLines().format(
        record("job-ended", {"job": "01m", "seconds": 0.25, "words": 'two "words"\n', "empty": ""})
    )
    assert line.endswith(' INFO distserver.x job-ended job=01m seconds=0.25 words="two \\"words\\"\\n" empty=""')


def test_json_is_one_object_a_line() -> None:
    facts = {"job": "01m", "path": Path("/x"), "text": "価格\u2028表\n"}
    (line,) = JsonLines().format(record("job-ended", facts)).split("\n")
    said = json.loads(line)
    assert said.pop("ts").endswith("+00:00")
    assert said.pop("pid") > 0
    assert said == {
        "level": "INFO",
        "logger": "distserver.x",
        "event": "job-ended",
        **{"job": "01m", "path": "/x", "text": "価格\u2028表\n"},
    }


def test_what_libraries_say_stays_as_they_say_it() -> None:
    said = record("took %d s for %s", 3, "it all", name="alembic")
    assert TextLines().format(said).endswith("alembic took 3 s for it all")
    line = json.loads(JsonLines().format(said))
    assert (line["event"], line["text"]) == ("message", "took 3 s for it all")
    flask = json.loads(JsonLines().format(record("Exception on /x [GET]", name="distserver")))
    assert (flask["event"], flask["text"]) == ("message", "Exception on /x [GET]")


def test_a_traceback_stays_within_the_object() -> None:
    said = record("worker-broke", error=ValueError("two\nlines"))
    assert "ValueError" in TextLines().format(said)
    line = json.loads(JsonLines().format(said))
    assert line["event"] == "worker-broke"
    assert "two\nlines" in line["traceback"]


def test_each_process_writes_its_file(tmp_path: Path, root: logging.Logger) -> None:
    file = tmp_path / "logs" / "worker.log"
    set_up_logs("info", file, "json")
    log.info("worker-ready")
    log.debug("not-told", {"x": 1})
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["event"] == "worker-ready"


def test_each_word_of_a_mail_server_s_call_stays_out(tmp_path: Path, root: logging.Logger) -> None:
    """It holds names, and what people log in with."""
    import aiosmtpd.smtp

    set_up_logs("INFO", tmp_path / "mail.log")
    aiosmtpd.smtp.log.info("%r >> %r", "peer", b"AUTH PLAIN AGgAc2VzYW1l")
    aiosmtpd.smtp.log.warning("a warning")
    assert "a warning" in (said := (tmp_path / "mail.log").read_text())
    assert "AUTH" not in said


def test_an_unknown_level_is_refused(root: logging.Logger) -> None:
    with pytest.raises(SetupError, match="log_level"):
        set_up_logs("loud", None)


@pytest.mark.parametrize("trick", ["\x7f", "\x85", "\x9b31m", "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"])
@pytest.mark.parametrize("style", [TextLines(), JsonLines()], ids=["text", "json"])
def test_what_a_device_says_neither_ends_a_line_nor_steers_a_terminal(style: logging.Formatter, trick: str) -> None:
    """Nor is a line lost that no file would take; what was said can be read out of it all the same."""
    line = style.format(record("delivery-tried", {"said": f"価格{trick}表"}))
    assert trick[0] not in line
    assert "価格" in line
    assert line.encode("utf-8").decode() == line
    assert (
        json.loads(line)["said"] == f"価格{trick}表"
        if isinstance(style, JsonLines)
        else rf"\u{ord(trick[0]):04x}" in line
    )
