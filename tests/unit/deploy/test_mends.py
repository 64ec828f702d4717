"""What fails during set-up is told in one line that names the mend."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from deploy.lib.mends import explain_apt, explain_os, explain_pip

LOG = Path("install.log")


@pytest.mark.parametrize(
    ("log", "mend"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk space"),
        ("ERROR: [Errno 122] Disk quota exceeded", "disk space"),
        (
            "WARNING: Retrying after connection broken by 'NameResolutionError(...)'\n"
            "ERROR: Could not find a version that satisfies the requirement h11==0.16.0 (from versions: none)\n"
            "ERROR: No matching distribution found for h11==0.16.0",
            "PIP_INDEX_URL",
        ),
        ("ERROR: ... SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "PIP_CERT"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
            "no right to write",
        ),
        ("ERROR: No matching distribution found for numpy==2.4.6", "numpy==2.4.6 is not to be had ready-made"),
        ("some words\nERROR: a new kind of trouble\n", "a new kind of trouble (all of it: install.log)"),
        ("", "no reason given"),
    ],
)
def test_pip(log: str, mend: str) -> None:
    said = explain_pip(log, LOG)
    assert mend in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("log", "mend"),
    [
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk space"),
        ("W: Failed to fetch http://host/InRelease  Temporary failure resolving 'host'", "check the network"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7", "wait for its end"),
        ("E: Unable to locate package chromium", "sources.list"),
        ("E: dpkg was interrupted, you must manually run ...", "dpkg --configure -a"),
        ("Reading lists\nE: Held packages", "apt-get failed: E: Held packages"),
    ],
)
def test_apt(log: str, mend: str) -> None:
    said = explain_apt(log)
    assert mend in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("number", "mend"),
    [(errno.ENOSPC, "disk space"), (errno.EACCES, "where you may write"), (errno.EROFS, "where you may write")],
)
def test_system(number: int, mend: str) -> None:
    assert mend in explain_os(OSError(number, "refused", "there"))


def test_system_says_what_it_does_not_know() -> None:
    assert explain_os(OSError(errno.EIO, "Input/output error", "there")) == "Input/output error: there"
