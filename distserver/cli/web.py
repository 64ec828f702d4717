"""`distserver web`: board and API; any number of web servers share a PostgreSQL database."""

from __future__ import annotations

import logging
import os
import signal
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from distserver.cli.home import Home
from distserver.cli.listening import open_socket, url_here
from distserver.cli.logs import set_up_logs
from distserver.cli.output import echo_json, json_option
from distserver.settings import SettingInfo, Settings
from distserver.store.claim import HomeServed, claim_home
from distwire.lineage import end_with_parent

if TYPE_CHECKING:
    from distserver.services import Services

log = logging.getLogger(__name__)


@click.command("web")
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Port to listen on; 0 takes a free one.")
@click.option("--fd", type=int, hidden=True, help="A socket that listens already.")
@click.option("--parent", type=int, hidden=True)
@json_option
@click.pass_obj
def command(home: Home, host: str | None, port: int | None, fd: int | None, parent: int | None, as_json: bool) -> None:
    """Run board and API, without deliveries. Ends with SIGTERM or Ctrl-C."""
    if parent is not None:
        end_with_parent(parent)
    settings, infos = home.settings_with_origins(host=host, port=port)
    set_up_logs(settings.log_level, settings.home / "logs" / "web.log" if parent else None, settings.log_format)
    if fd is None:
        listening = open_socket(settings.host, settings.port)
        settings, infos = home.settings_with_origins(host=host, port=listening.getsockname()[1])
        fd = listening.detach()
        click.echo(f"distserver: web server at {url_here(settings.host, settings.port)}/", err=True)
    if parent is None:  # else `serve` has done so
        from distserver.store.preparation import prepare_home

        prepare_home(settings)
    if as_json:
        echo_json({"home": str(settings.home), "url": url_here(settings.host, settings.port), "pid": os.getpid()})
    with ExitStack() as stack:
        announces = parent is not None or _claim(stack, settings)
        _Server(settings, infos, fd, announces=announces).run()


def _claim(stack: ExitStack, settings: Settings) -> bool:
    """Whether commands on this machine are to find this server: the first on its home; others serve beside it."""
    try:
        stack.enter_context(claim_home(settings.home)).tell(url_here(settings.host, settings.port))
    except HomeServed:
        return False
    return True


class _Log(Logger):  # type: ignore[misc]
    """Gunicorn's messages go where all others go; requests are logged by the application."""

    def setup(self, _cfg: object) -> None:
        """Leave the logging of this process as it is."""
        self.error_log.propagate = True
        self.error_log.setLevel(logging.WARNING)


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn around our application, which is built in the serving process, after the fork."""

    def __init__(self, settings: Settings, infos: tuple[SettingInfo, ...], fd: int, *, announces: bool) -> None:
        self._settings, self._infos, self._fd, self._announces = settings, infos, fd, announces
        self._services: Services | None = None
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's own settings."""
        chosen: dict[str, Any] = {
            "bind": f"fd://{self._fd}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": self._settings.web_threads,
            "timeout": 120,
            "graceful_timeout": 15,
            "keepalive": 30,
            "backlog": 2048,
            "proc_name": "distserver web",
            "logger_class": _Log,
            "control_socket_disable": True,
            "secure_scheme_headers": {},
            "post_worker_init": lambda _worker: self._let_go_at_end(),
            "post_fork": lambda _server, worker: end_with_parent(worker.ppid),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def _let_go_at_end(self) -> None:
        """Requests that wait are answered at once when the process is told to end: it waits for them."""
        before = signal.getsignal(signal.SIGTERM)

        def end(number: int, frame: FrameType | None) -> None:
            if self._services is not None:
                self._services.letters.let_go()
            if callable(before):
                before(number, frame)

        signal.signal(signal.SIGTERM, end)

    def load(self) -> Flask:
        """Build the application, follow the group files, and tell their owners what happens."""
        from distserver.accounts import local
        from distserver.application import create_app
        from distserver.compose import build_services
        from distserver.errors import LaterError
        from distserver.intake.fax.reception import FaxReception

        services = self._services = build_services(self._settings, self._infos)
        url = url_here(self._settings.host, self._settings.port) if self._announces else None
        try:
            local.prepare(services.accounts, self._settings.home, url)
        except LaterError as error:  # who asks meanwhile is to hear that, and not to wait for an answer
            if not local.is_prepared(self._settings.home, url):
                raise
            log.warning("store-unavailable", {"error": str(error)})
        app = create_app(services)
        services.groups.start()
        if services.teller is not None:
            services.teller.start()
        FaxReception(services).start()
        return app
