"""`distserver check`: what the installation lacks, and how to mend it."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from distserver.cli.check_settings import check_settings
from distserver.cli.exits import Exit
from distserver.cli.finding import Finding, Verdict
from distserver.cli.home import Home
from distserver.cli.output import count, echo_json, json_option
from distserver.groups.check import check_directory
from distserver.settings import FILE_NAME, Settings
from distserver.store.claim import find_holder

_PACKAGES = (
    "alembic",
    "argon2",
    "cryptography",
    "flask",
    "flask_login",
    "flask_wtf",
    "gunicorn",
    "http_message_signatures",
    "httptools",
    "httpx",
    "numpy",
    "PIL",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "pypdf",
    "pypdfium2",
    "reportlab",
    "sqlalchemy",
    "watchfiles",
)


@click.command("check")
@json_option
@click.pass_obj
def command(home: Home, as_json: bool) -> Exit:
    """Check settings, home, disk, database, groups, port and packages; name what is wrong and how to mend it."""
    settings = home.settings()
    found = [finding for look in CHECKS for finding in look(settings)]
    found.sort(key=lambda finding: finding.verdict is not Verdict.WRONG)
    if as_json:
        echo_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            click.echo(f"{finding.verdict:<6} {finding.subject}: {finding.message}")
            if finding.mend:
                click.echo(f"       → {finding.mend}")
    return Exit.SETUP if any(finding.verdict is Verdict.WRONG for finding in found) else Exit.OK


def check_home(settings: Settings) -> Iterator[Finding]:
    """The folder is there, and this user may write in it."""
    home = settings.home
    if not home.is_dir():
        yield Finding("home", Verdict.NOTE, f"{home} is not there yet", "`distserver serve` makes it")
        return
    if not os.access(home, os.R_OK | os.X_OK):
        yield Finding("home", Verdict.WRONG, f"you may not read {home}", "run as its owner, or choose another --home")
        return
    locked = [path for path in (home, *home.iterdir()) if path.is_dir() and not os.access(path, os.W_OK | os.X_OK)]
    if locked:
        yield Finding("home", Verdict.WRONG, f"no right to write to {locked[0]}", f"chown it to the user: {locked[0]}")
    else:
        yield Finding("home", Verdict.OK, str(home))


def check_tokens(settings: Settings) -> Iterator[Finding]:
    """Secrets are for their owner only."""
    folder = settings.home / "tokens"
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        yield Finding("tokens", Verdict.WRONG, f"you may not read {folder}", "run as its owner")
        return
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("tokens", Verdict.WRONG, f"others may read {path}", f"chmod 600 {path}")
            return
    yield Finding("tokens", Verdict.OK, "for their owner only")


def check_space(settings: Settings) -> Iterator[Finding]:
    """There is room above the reserve."""
    where = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(where).free >> 20
    if free < settings.spool_reserve_mb:
        mend = f"free some space, or lower spool_reserve_mb (now {settings.spool_reserve_mb})"
        yield Finding("disk", Verdict.WRONG, f"{free} MB are free: no job is accepted", mend)
    else:
        yield Finding("disk", Verdict.OK, f"{free} MB are free")


def check_database(settings: Settings) -> Iterator[Finding]:
    """It can be reached and written, and nothing in it stands still."""
    url = settings.database_url
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        yield Finding("database", Verdict.NOTE, "SQLite: no file yet", "it is made at a start")
        return
    from distserver.cli.check_state import check_store

    yield from check_store(settings, url)


def check_groups(settings: Settings) -> Iterator[Finding]:
    """The group files are understood."""
    folder = settings.groups_dir
    if settings.documents_url:
        yield Finding("groups", Verdict.OK, f"are read by the web server at {settings.documents_url}")
        return
    if not folder.is_dir():
        mend = f"make it, and put a file into it: # NAME, # FILE.rec, then ADDRESS; NAME ({folder})"
        yield Finding("groups", Verdict.NOTE, f"{folder} is not there", mend)
        return
    found = check_directory(folder)
    if not found:
        yield Finding("groups", Verdict.OK, str(folder))
    else:
        errors = sum(problem.is_error for problem in found)
        first = next((problem for problem in found if problem.is_error), found[0])
        message = f"{count(errors, 'error')} and {count(len(found) - errors, 'warning')}, the first: {first}"
        yield Finding("groups", Verdict.NOTE, message, "`distserver group check` lists all")


def check_destinations(settings: Settings) -> Iterator[Finding]:
    """The registry of destinations is understood, and the secrets that it names are to be had."""
    from distserver.cli.check_destinations import check_registry

    yield from check_registry(settings)


def check_fax_in(settings: Settings) -> Iterator[Finding]:
    """The file that says where faxes that come in go is understood, and what it names is there."""
    from distserver.cli.check_fax_in import check_routes

    yield from check_routes(settings)


def check_port(settings: Settings) -> Iterator[Finding]:
    """The port is free, or our own server is on it, be it another than the settings say."""
    holder = find_holder(settings.home)
    if holder is not None and holder.url:
        yield Finding("port", Verdict.OK, f"this home is served at {holder.url} by process {holder.pid}")
        return
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            mend = "end what uses it, or choose another with --port N or the setting `port`"
            yield Finding("port", Verdict.WRONG, f"{settings.host} port {settings.port}: {error.strerror}", mend)
            return
    yield Finding("port", Verdict.OK, f"{settings.port} is free")


def check_packages(_settings: Settings) -> Iterator[Finding]:
    """Every Python package that is needed can be loaded."""
    missing = [name for name in _PACKAGES if not _loads(name)]
    if missing:
        mend = "install deploy/requirements.txt into this environment; deploy/run does it by itself"
        yield Finding("packages", Verdict.WRONG, f"cannot be loaded: {', '.join(missing)}", mend)
    else:
        yield Finding("packages", Verdict.OK, f"all {len(_PACKAGES)} can be loaded")


def check_cups(_settings: Settings) -> Iterator[Finding]:
    """pycups is wanted for `cups:` destinations only."""
    if _loads("cups"):
        yield Finding("cups", Verdict.OK, "destinations of the kind cups: are available")
    else:
        mend = "where that is allowed: apt-get install libcups2-dev gcc python3-dev, then start deploy/run again"
        yield Finding("cups", Verdict.NOTE, "pycups is missing: destinations of the kind cups: are not available", mend)


def check_times(settings: Settings) -> Iterator[Finding]:
    """Times that make sense together."""
    wrong = []
    if settings.probe_seconds < settings.connect_seconds + settings.first_byte_seconds:
        wrong.append("probe_seconds is less than a question may take (connect_seconds and first_byte_seconds)")
    if settings.render_wall_seconds < settings.render_cpu_seconds:
        wrong.append("render_wall_seconds is less than render_cpu_seconds, which so never counts")
    if 0 < settings.deadline_hours * 3600 < 2 * (settings.connect_seconds + settings.first_byte_seconds):
        wrong.append("deadline_hours leaves no time for a second try")
    for message in wrong:
        yield Finding("times", Verdict.WRONG, message, f"change one of them in {settings.home / FILE_NAME}")
    if not wrong:
        yield Finding("times", Verdict.OK, "make sense together")


def check_origin(settings: Settings) -> Iterator[Finding]:
    """The web server that documents are fetched from answers, knows this worker, and its certificate lasts."""
    if settings.documents_url:
        from distserver.cli.check_origin import check_web_server

        yield from check_web_server(settings.documents_url, settings.documents_token_file)


def check_mail(settings: Settings) -> Iterator[Finding]:
    """The mail server, if there is one, lets us in."""
    if settings.mail_host:
        from distserver.cli.check_mail import check_mail_server

        yield from check_mail_server(settings)


def check_tls(settings: Settings) -> Iterator[Finding]:
    """The certificate of the groups' printers can be used, and lasts."""
    from distserver.cli.check_tls import check_certificate

    yield from check_certificate(settings)


def _loads(name: str) -> bool:
    try:
        importlib.import_module(name)
    except (ImportError, OSError):
        return False
    return True


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    check_packages,
    check_settings,
    check_home,
    check_tokens,
    check_space,
    check_database,
    check_times,
    check_origin,
    check_mail,
    check_groups,
    check_destinations,
    check_fax_in,
    check_port,
    check_tls,
    check_cups,
)
