"""Makes parts of the clone's environment ready: `python -m deploy.lib.environment main cups test`.

Called by `environment.sh` when a stamp is missing or old. Says in a line each what it installs, on standard error;
whatever fails is one line with the mend and exit code 78. Two runs at once wait for each other.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deploy.lib import debian, stamps, wheels
from deploy.lib.mends import ROOT, SetupFailed, explain_os

EXIT_SETUP = 78
_NO_CUPS = "cups: destinations are not available, all others are"
_NO_ZBAR = "mark sheets are read by one reader alone, the other is not available"
_OPTIONAL = ("cups", "marks")


def main(parts: list[str]) -> int:
    """Make `parts` ready in their order; the exit code."""
    signal.signal(signal.SIGTERM, _end_by_exit)
    try:
        with _one_at_a_time():
            wheels.ensure_venv()
            for part in dict.fromkeys(["main", *parts]):  # a .venv made anew has lost what it had
                if not stamps.is_ready(part) or part == "test":
                    _PARTS[part]()
                    stamps.mark_ready(part)
    except SetupFailed as failure:
        print(f"deploy: {failure}", file=sys.stderr)
        return EXIT_SETUP
    except OSError as error:
        if set(parts) <= set(_OPTIONAL) and stamps.is_ready("main"):  # a clone that another account looks after
            return 0
        print(f"deploy: {explain_os(error)}", file=sys.stderr)
        return EXIT_SETUP
    except KeyboardInterrupt:
        print("deploy: interrupted; start again to go on", file=sys.stderr)
        return 130
    return 0


def _ensure_main() -> None:
    wheels.install("requirements", "for the server and the devices, a minute or two the first time")


def _ensure_cups() -> None:
    """pycups is optional: what it lacks is said, and everything else goes on."""
    missing = debian.find_missing(debian.read_list("debian-cups"))
    try:
        if missing and debian.may_install():
            _say(f"installing Debian packages for CUPS destinations: {' '.join(missing)}")
            debian.install(missing)
        if stamps.CUPS_HEADER.exists():
            wheels.install("requirements-cups", "for CUPS destinations, built here", wheels_only=False)
        else:
            _say(f"{_NO_CUPS} (have an administrator run 'apt-get install {' '.join(missing)}')")
    except SetupFailed as failure:
        _say(f"{_NO_CUPS} ({failure})")


def _ensure_marks() -> None:
    """zbar is optional: without it mark sheets are read by one reader instead of two."""
    missing = debian.find_missing(debian.read_list("debian-marks"))
    try:
        if missing and debian.may_install():
            _say(f"installing Debian packages for mark sheets: {' '.join(missing)}")
            debian.install(missing)
        elif missing:
            _say(f"{_NO_ZBAR} (have an administrator run 'apt-get install {' '.join(missing)}')")
    except SetupFailed as failure:
        _say(f"{_NO_ZBAR} ({failure})")


def _ensure_test() -> None:
    missing = debian.find_missing(debian.read_list("debian-test"))
    if missing and debian.may_install():
        _say(f"installing Debian packages that the tests drive: {' '.join(missing)}")
        debian.install(missing)
    elif missing:
        _say(f"tests that drive these will fail: have an administrator run 'apt-get install {' '.join(missing)}'")
    if not stamps.is_ready("test"):
        wheels.install("requirements-test", "for the tests")


_PARTS = {"main": _ensure_main, "cups": _ensure_cups, "marks": _ensure_marks, "test": _ensure_test}


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the clone's set-up lock; the system frees it with the process, whatever ends it."""
    descriptor = os.open(ROOT / ".venv.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another set-up of this clone is under way; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _end_by_exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _say(text: str) -> None:
    print(f"deploy: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
