"""The home folder before anything is started on it: is it there, may it be written, is there room."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path

from distserver.errors import SetupError

_TRIAL = bytes(4096)


def explain_fault(error: OSError, path: Path) -> str:
    """One line for a system call that failed on `path` in or of a home folder, with the mend."""
    at = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space is left on the disk of {path}: free some, or choose another folder with --home"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"you may not use {at}: run as its owner, or choose another folder with --home"
    why = "the disk is read-only" if error.errno == errno.EROFS else error.strerror or str(error)
    return f"{at} cannot be written ({why}): choose another folder with --home"


def check_there(home: Path) -> None:
    """Raises `SetupError` when there is no such folder, or this user may not see it."""
    try:
        if home.is_dir():
            return
    except OSError as error:
        raise SetupError(explain_fault(error, home)) from error
    raise SetupError(
        f"there is no folder {home}: start a server on it with `distserver serve`, or name the right one with --home"
    )


def check_usable(home: Path, reserve_mb: int) -> None:
    """Make the folder if need be, and write to it for trial.

    Raises `SetupError` when that cannot be, or when fewer than `reserve_mb` megabytes are free.
    """
    trial = home / f".trial-{secrets.token_hex(4)}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home).free >> 20
        if free < reserve_mb:
            raise SetupError(
                f"only {free} MB are free on the disk of {home}, and {reserve_mb} MB are kept in reserve: free some "
                "space, choose another folder with --home, or lower the setting spool_reserve_mb"
            )
        try:
            _write(trial)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(home)) from error
        finally:
            trial.unlink(missing_ok=True)
        for folder in sorted(home.iterdir()):
            if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    except OSError as error:
        raise SetupError(explain_fault(error, home)) from error


def _write(path: Path) -> None:
    with path.open("xb") as file:
        file.write(_TRIAL)
        file.flush()
        os.fsync(file.fileno())
