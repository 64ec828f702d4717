"""Installs Debian packages where that is allowed (root on Debian), without starting any daemon of theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.lib.mends import ROOT, SetupFailed, explain_apt

_POLICY = Path("/usr/sbin/policy-rc.d")
_OURS = "#!/bin/sh\n# Written by deploy/ of Distserver while it installs packages; it may be removed.\nexit 101\n"


def read_list(name: str) -> list[str]:
    """Package names of `deploy/NAME.txt`."""
    lines = (ROOT / "deploy" / f"{name}.txt").read_text().splitlines()
    return [words[0] for line in lines if (words := line.partition("#")[0].split())]


def find_missing(packages: list[str]) -> list[str]:
    """Those of `packages` that are not installed; all of them where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return packages
    query = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *packages]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def may_install() -> bool:
    """Whether this user can install packages on this system without being asked for a password."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install `packages` with what they need and no more. Raises `SetupFailed`."""
    with _no_daemons():
        if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
            _apt("update")
        try:
            _apt("install", *packages)
        except SetupFailed:  # most often an old list that names versions which the mirror no longer has
            _apt("update")
            _apt("install", *packages)


def _apt(action: str, *packages: str) -> None:
    command = ["apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends", action, *packages]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise SetupFailed(explain_apt(done.stdout))


@contextmanager
def _no_daemons() -> Iterator[None]:
    """Debian's own switch against starting services at installation; an administrator's own policy is left alone."""
    ours = not _POLICY.exists() or _POLICY.read_text(errors="replace") == _OURS
    if ours:
        _POLICY.write_text(_OURS)
        _POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)
