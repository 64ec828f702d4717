#!/usr/bin/python3
"""The CUPS backend `distprint`: gives a job to the `pc-client printer run` of the account that printed it.

A program of its own (backend(7)): cupsd runs it as its user `lp` from a folder of CUPS', so that it uses Python's
library alone. `DEVICE_URI` is `distprint:FOLDER`; in FOLDER each account's program keeps a Unix socket. Only a socket
that belongs to the account is used: nobody gets another's documents.

One line of JSON goes out, {"version", "job", "title", "copies", "sides", "size"}, then the document. Lines of JSON come
back: {"state": "asking"}, then {"state": "sent" | "kept" | "canceled" | "failed", "words"}. The job is over when that
is decided; canceled at either end, it is canceled at both. After `PATIENCE` seconds {"state": "left"} goes out, and
comes back once the document is on the account's disk: its dialog stays, and the queue is free for the next job. Where
it does not come back, CUPS holds the job: nobody else has the document.

Exit codes are those of <cups/backend.h>: 0 done, 1 failed, 3 hold the job, 5 cancel it.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

OK, FAILED, HOLD, CANCEL = 0, 1, 3, 5
PATIENCE, CONNECTING, LEAVING = 300.0, 10.0, 10.0
LONGEST_LINE = 1 << 16
_EXITS = {"sent": OK, "kept": OK, "left": OK, "canceled": CANCEL, "failed": FAILED}


def main(arguments: list[str]) -> int:
    """Run as CUPS does: without arguments it says what it is, else `JOB USER TITLE COPIES OPTIONS [FILE]`."""
    if not arguments:
        sys.stdout.write('direct distprint "Distserver" "Send to groups"\n')
        return OK
    if len(arguments) not in (5, 6):
        sys.stderr.write("ERROR: usage: distprint JOB USER TITLE COPIES OPTIONS [FILE]\n")
        return FAILED
    number, user, title, copies, options = arguments[:5]
    with open_document(arguments[5:]) as document:
        said = {
            "version": 1,
            "job": clean(find_uuid(options) or f"{socket.gethostname()}-{number}", 200),
            "title": clean(title, 1000) or f"Job {number}",
            "copies": int(copies) if copies.isascii() and copies.isdigit() and len(copies) < 10 else 1,
            "sides": clean(find_option(options, "sides"), 100),
            "size": os.fstat(document.fileno()).st_size,
        }
        return give(user, said, document)


def open_document(named: list[str]) -> BinaryIO:
    """The file of the job, or what comes on standard input as a file."""
    if named:
        return Path(named[0]).open("rb")
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(sys.stdin.buffer, file)
    file.flush()
    file.seek(0)
    return file


def find_option(options: str, name: str) -> str:
    """The value of an option among those of the job; empty when it has none."""
    found = [one.partition("=")[2] for one in options.split() if one.startswith(f"{name}=")]
    return found[-1].strip("'\"") if found else ""


def find_uuid(options: str) -> str:
    """The job's own UUID, the same however often it is tried."""
    return find_option(options, "job-uuid").rpartition(":")[2]


def clean(words: str, most: int) -> str:
    """Not more of it than that, and octets that are no UTF-8 replaced: whoever prints says what stands there."""
    return words[:most].encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def give(user: str, said: dict[str, Any], document: BinaryIO) -> int:
    """Give a job to the account's program, and wait for what is decided."""
    found = find_program(user)
    if found is None:
        sys.stderr.write(f"ERROR: pc-client printer run does not run for {user}: the job is held until it does\n")
        return HOLD
    with found:
        found.settimeout(PATIENCE)  # a program that is stopped takes nothing
        try:
            found.sendall(json.dumps(said).encode() + b"\n")
            found.sendfile(document)
            return await_decision(found)
        except OSError as error:
            sys.stderr.write(f"ERROR: pc-client ended before this was decided ({error}): the job is held\n")
            return HOLD


def await_decision(found: socket.socket) -> int:
    """The exit code for what the account's program says. Raises OSError where it says nothing that ends the job."""
    try:
        return heed(found, PATIENCE)
    except TimeoutError:
        found.sendall(b'{"state": "left"}\n')
        return heed(found, LEAVING)


def heed(found: socket.socket, seconds: float) -> int:
    """The exit code for what it says in that time. Raises OSError."""
    try:
        for told in hear(found, seconds):
            if told["state"] in _EXITS:
                sys.stderr.write(f"INFO: {told['state']} {told.get('words', '')}\n")
                return _EXITS[told["state"]]
            sys.stderr.write("INFO: waiting for the dialog\n")
    except (ValueError, KeyError, TypeError):
        sys.stderr.write("ERROR: what takes the account's jobs is no pc-client: the job is held\n")
        return HOLD
    sys.stderr.write("ERROR: pc-client ended before this was decided: the job is held\n")
    return HOLD


def hear(found: socket.socket, seconds: float) -> Iterator[dict[str, Any]]:
    """What it says. Raises TimeoutError when it has had time enough, whatever it said meanwhile, and ValueError."""
    end = time.monotonic() + seconds
    lines = found.makefile("rb")
    found.settimeout(seconds)
    while line := lines.readline(LONGEST_LINE):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it says nothing that ends the job")
        found.settimeout(left)
        yield json.loads(line)


def find_program(user: str) -> socket.socket | None:
    """A connection to the account's program, or None."""
    try:
        account = pwd.getpwnam(user).pw_uid
    except KeyError:
        sys.stderr.write(f"ERROR: {user} is no account of this PC\n")
        return None
    folder = os.environ.get("DEVICE_URI", "").partition(":")[2] or "/var/spool/distprint"
    for path in list_sockets(Path(folder)):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECTING)  # who takes no calls keeps the queue from nobody else
        try:
            if path.lstat().st_uid == account:
                connection.connect(str(path))
                return connection
        except OSError:
            pass  # an account's program that has ended
        connection.close()
    return None


def list_sockets(folder: Path) -> list[Path]:
    """The sockets in the folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".sock")
    except OSError as error:
        sys.stderr.write(f"ERROR: {folder} cannot be read: {error.strerror}\n")
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
