"""The first start: the user `admin`, and the files by which commands on this machine find server and credentials.

HOME/tokens/local.json       {"url": …, "token": …} for the commands, mode 0600
HOME/tokens/session-key      what cookies of the board are signed with; without it all must sign in again
HOME/tokens/admin-password   the first password of `admin`, mode 0600; to be removed when it has been changed
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distserver.errors import Conflict, NotSignedIn, SetupError
from distserver.model.accounts import Role
from distserver.model.jobs import Actor

if TYPE_CHECKING:  # commands that only ask the server need no database
    from distserver.accounts.service import Accounts

FIRST_USER = "admin"
_SYSTEM = Actor("system", Role.ADMINISTRATOR)
_NOTE = "commands on the server's own machine"


@dataclass(frozen=True, slots=True)
class LocalAccess:
    """Where the server is and the token that commands use there."""

    url: str
    token: str


def local_file(home: Path) -> Path:
    return home / "tokens" / "local.json"


def password_file(home: Path) -> Path:
    return home / "tokens" / "admin-password"


def read_local(home: Path) -> LocalAccess | None:
    """What the file says; None when there is none. Raises `SetupError` on one that cannot be read."""
    path = local_file(home)
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return LocalAccess(str(table["url"]), str(table["token"]))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise SetupError(f"you may not read {path}: run as its owner, or name your own folder with --home") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path} cannot be read: remove it and start the server again, which writes it") from error


def read_session_key(home: Path) -> str:
    """The key that signs cookies, made at the first start. Raises `SetupError`."""
    path = home / "tokens" / "session-key"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        write_secret(path, secrets.token_urlsafe(48) + "\n", replace=False)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: run as the owner of the folder, or remove the file") from error


def prepare(accounts: Accounts, home: Path, url: str | None) -> bool:
    """Make sure that there is an administrator and that the files say how to reach this server.

    With `url` None they are left alone: another server has this home, and commands are to find that one.
    Raises `SetupError` when the folder cannot be written. True when the first user was created just now.
    """
    created = _create_first_user(accounts, home) if not accounts.has_users() else False
    if url is None:
        return created
    known = read_local(home)
    if known is None or not _works(accounts, known.token):
        known = LocalAccess("", _create_token(accounts))
    if known.url != url:  # else a disk that is full meanwhile would keep the server from starting again
        write_secret(local_file(home), json.dumps({"url": url, "token": known.token}) + "\n")
    return created


def is_prepared(home: Path, url: str | None) -> bool:
    """An earlier start has done all that `prepare` does, as far as that can be seen without the database."""
    known = read_local(home)
    return known is not None and url in (None, known.url)


def write_secret(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner may read, as a whole or not at all. Raises `SetupError`.

    Without `replace`, a file that is there already stays: of several processes that start at once, one wins.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(temporary)
            temporary.unlink()
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise SetupError(f"{path} cannot be written ({error.strerror}): run as the owner of the folder") from error


def _create_first_user(accounts: Accounts, home: Path) -> bool:
    password = secrets.token_urlsafe(12)
    try:
        accounts.create_user(FIRST_USER, Role.ADMINISTRATOR, password, _SYSTEM)
    except Conflict:  # another process was quicker
        return False
    write_secret(password_file(home), password + "\n")
    return True


def _create_token(accounts: Accounts) -> str:
    administrators = [u for u in accounts.list_users(_SYSTEM) if u.role is Role.ADMINISTRATOR and not u.disabled]
    if not administrators:
        raise SetupError(
            "there are users, but none is an administrator: make one with `distserver user role NAME administrator`, "
            "or `distserver user add NAME --role administrator`"
        )
    subject = min(administrators, key=lambda user: (user.name != FIRST_USER, user.created)).name
    return accounts.create_token(subject, Role.ADMINISTRATOR, _NOTE, _SYSTEM)[1]


def _works(accounts: Accounts, token: str) -> bool:
    try:
        accounts.authenticate(token, "local file")
    except NotSignedIn:
        return False
    return True
