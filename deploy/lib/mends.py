"""Turns what pip, venv, apt and the system say when they fail into one line that names the mend."""

from __future__ import annotations

import errno
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"


class SetupFailed(Exception):
    """Set-up cannot go on; the message is one line that says what is wrong and what mends it."""


_NO_SPACE = "no disk space is left: free about 1 GB, then start again"
_NO_NETWORK = (
    "the package index cannot be reached: check the network, or name your own index or proxy"
    " (PIP_INDEX_URL, HTTPS_PROXY), then start again"
)
_NO_MIRROR = "Debian's packages cannot be fetched: check the network and /etc/apt/sources.list*, then start again"

_PIP = (
    (re.compile(r"No space left on device|Disk quota exceeded", re.I), _NO_SPACE),
    (
        re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError"),
        "the package index shows a certificate that this machine does not trust: set PIP_CERT to your authority's file",
    ),
    (
        re.compile(
            r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|ReadTimeoutError"
            r"|name resolution|Network is unreachable|Connection refused|Max retries exceeded"
        ),
        _NO_NETWORK,
    ),
    (
        re.compile(r"Permission denied|Read-only file system", re.I),
        f"no right to write to {VENV}: run as its owner, or clone the project where you may write",
    ),
)
_APT = (
    (re.compile(r"No space left on device|don't have enough free space", re.I), _NO_SPACE),
    (re.compile(r"resolving|Failed to fetch|Could not connect|Connection (?:failed|timed out)", re.I), _NO_MIRROR),
    (re.compile(r"Could not get lock", re.I), "another apt or dpkg is at work: wait for its end, then start again"),
    (re.compile(r"Unable to locate package|no installation candidate", re.I), _NO_MIRROR),
    (re.compile(r"dpkg was interrupted", re.I), "dpkg was interrupted earlier: run 'dpkg --configure -a' first"),
)
_NO_WHEEL = re.compile(r"No matching distribution found for (\S+)")


def explain_pip(log: str, where: Path) -> str:
    """One line for a failed pip whose whole output is `log`, kept in the file `where`."""
    known = _match(_PIP, log)
    if known is not None:
        return known
    missing = _NO_WHEEL.search(log)
    if missing is not None:
        return (
            f"{missing[1]} is not to be had ready-made for this Python and machine: use Python 3.11 on x86-64 or arm64"
        )
    return f"pip failed: {_last_error(log)} (all of it: {where})"


def explain_apt(log: str) -> str:
    """One line for a failed apt-get."""
    return _match(_APT, log) or f"apt-get failed: {_last_error(log)}"


def explain_os(error: OSError) -> str:
    """One line for a system call that failed while making the clone's environment ready."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _NO_SPACE
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no right to write to {error.filename or ROOT}: clone the project where you may write"
    return f"{error.strerror or error}: {error.filename or ROOT}"


def _match(table: tuple[tuple[re.Pattern[str], str], ...], log: str) -> str | None:
    return next((mend for pattern, mend in table if pattern.search(log)), None)


def _last_error(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)(E|ERROR|error)\b", line)]
    return (errors or lines or ["no reason given"])[-1][:300]
