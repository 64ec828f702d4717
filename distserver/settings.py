"""Every setting: name, type, default, a paragraph. A flag wins over the environment, the environment over the file.

The file is `distserver.toml` in the home folder; the environment variable of `web_threads` is `DISTSERVER_WEB_THREADS`.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distserver.errors import SetupError
from distserver.model.states import Resend

FILE_NAME = "distserver.toml"
_PREFIX = "DISTSERVER_"
PRINTERS_ABOVE = 9


def _setting(default: Any, text: str, *, least: float = 0, choices: tuple[str, ...] = (), scheme: str = "") -> Any:
    """`least` is for numbers, `choices` for words of which one is meant, `scheme` for a URI of it without a path."""
    return field(default=default, metadata={"text": text, "least": least, "choices": choices, "scheme": scheme})


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings of one process."""

    home: Path = _setting(Path("var"), "Folder of groups, store, spool, logs and tokens.")
    groups: Path | None = _setting(None, "Folder of the .rec files; HOME/groups when not set.")
    destinations_file: Path | None = _setting(
        None,
        "File with the registry of destinations, read by the web server: options by pattern or by name; "
        "HOME/destinations.rec when not set.",
    )
    secrets_file: Path | None = _setting(
        None,
        "File with the passwords and keys that lines name as secret=@NAME, on each machine that delivers; only its "
        "owner may read it. HOME/secrets when not set.",
    )
    fax_in_file: Path | None = _setting(
        None,
        "File that says from which HylaFAX servers faxes are taken and which groups get them, read by the web server; "
        "HOME/fax-in.rec when not set.",
    )
    database: str = _setting(
        "",
        "Database URL: postgresql://USER@HOST/NAME for several workers or machines. Empty: an SQLite file in "
        "HOME/store, which needs no server.",
    )
    documents_url: str = _setting(
        "",
        "Where a worker that shares no disk with the web server fetches documents: that server's URL, with https: "
        "outside of a network you trust. Empty: the spool in HOME is shared.",
    )
    documents_token_file: Path | None = _setting(
        None, "File with the token of the role worker that documents are fetched with; only its owner may read it."
    )
    host: str = _setting("127.0.0.1", "Address the web server listens on.")
    port: int = _setting(8631, "Port of the server.")
    ipp_port: int = _setting(
        0, "Port on which every group is an IPP printer; 0: nine above the board's, 8640 beside 8631, or a free one."
    )
    ipps_port: int = _setting(
        0, "Port on which the same printers take ipps:, with TLS; 0: the one after that of ipp:, or a free one."
    )
    ipp_proxies: str = _setting(
        "",
        "Networks of proxies, with commas between them, whose word about a client's address is taken at these ports.",
    )
    ipp_url: str = _setting(
        "",
        "How printing clients reach the groups' printers when a proxy takes their connections, as "
        "ipp://print.example.org:631. Empty: the host of public_url, or what the server listens on, with ipp_port.",
        scheme="ipp",
    )
    ipps_url: str = _setting(
        "", "The same for those that come with TLS, as ipps://print.example.org:443.", scheme="ipps"
    )
    ipp_threads: int = _setting(16, "Requests of printing clients that are worked on at once.", least=1)
    ipp_open_seconds: float = _setting(
        300.0, "A job that was created by IPP is aborted when its client has sent nothing for so long.", least=1
    )
    ipp_open_jobs: int = _setting(
        50, "Jobs of one user, or of guests at one address, that may wait for their documents at once.", least=1
    )
    ipp_silent_seconds: float = _setting(
        60.0, "A printing client that sends nothing, or takes nothing of its answer, is let go after so long.", least=1
    )
    ipp_event_seconds: int = _setting(
        300, "How long events of printers and jobs are kept for clients that have subscribed to them.", least=15
    )
    ipp_subscriptions: int = _setting(
        1000, "Most subscriptions to events that one printer may have; the system counts as one.", least=1
    )
    ipp_user_subscriptions: int = _setting(100, "Most subscriptions to events that one user may have.", least=1)
    faxout_from: str = _setting(
        "",
        "Networks, with commas between them, from which /ipp/faxout may be used without signing in; empty: from none.",
    )
    faxout_to: str = _setting(
        "known",
        "Where a job sent to /ipp/faxout may go: known, to destinations that stand in a group file; any, to whatever "
        "address its sender names.",
        choices=("known", "any"),
    )
    print_uri: str = _setting(
        "",
        "Hosts, with commas between them, from which documents are fetched that a printing client names by a URI "
        "(Print-URI, Send-URI): https://files.example.org, https://*.example.org (all names below it), "
        "http://192.0.2.7:8080, ftp://files.example.org. Empty: from none, and the operations are not offered.",
    )
    print_uri_networks: str = _setting(
        "",
        "Networks, with commas between them, into which the names among print_uri may lead though they are not public: "
        "10.0.0.0/8. An address that stands in print_uri itself need not stand here.",
    )
    print_uri_seconds: float = _setting(
        120.0, "Seconds after which the fetching of such a document is given up.", least=1
    )
    quota_users: str = _setting(
        "",
        "How much each user, and each device that sends, may send unless they have a quota of their own (distserver "
        "user quota): jobs=20/day pages=500/week bytes=2G/month, or some of these. Empty: as much as they like. "
        "Operators and administrators have only the quota that is their own.",
    )
    quota_guests: str = _setting(
        "", "The same for people who send without signing in, where a group lets them; written in the same way."
    )
    quota_guests_each: str = _setting(
        "address",
        "Whose quota quota_guests is: address, of each address (IPv6: each /64 network); all, of all guests together.",
        choices=("address", "all"),
    )
    public_url: str = _setting(
        "", "How people reach the board; with https: the cookie of a session is sent encrypted only."
    )
    proxy_hops: int = _setting(
        0, "Proxies in front of the web server whose X-Forwarded-… headers are believed; 0 believes none."
    )
    web_threads: int = _setting(16, "Requests that the web process handles at once.", least=1)
    session_hours: int = _setting(12, "Hours after which a person signed in to the board must sign in again.")
    worker_deliveries: int = _setting(
        256,
        "Deliveries that one worker has under way at once; one that has waited for its device for more than two "
        "seconds is not counted any more.",
        least=1,
    )
    urgent_deliveries: int = _setting(
        64, "Deliveries of urgent jobs that one worker has under way beside those, so that they never wait.", least=1
    )
    host_deliveries: int = _setting(
        0, "Deliveries at once to destinations of one host name or address, over all workers; 0: no limit."
    )
    subnet_deliveries: int = _setting(
        0, "Deliveries at once to addresses of one IPv4 /24 or IPv6 /64, over all workers; 0: no limit."
    )
    suspend_score: float = _setting(
        5.0,
        "Score from which a destination is suspended: each failed delivery adds 1, each failed try 0.1, and what "
        "arrives sets it to 0. When the setting is 0: never.",
    )
    probe_seconds: float = _setting(900.0, "How often a suspended destination is asked whether it is well.", least=1)
    lease_seconds: float = _setting(
        30.0, "A worker that gave no sign of life for this long is taken for dead, and others take over.", least=1
    )
    executor_beat_seconds: float = _setting(2.0, "How often a worker says that it is alive.", least=0.1)
    deadline_hours: float = _setting(
        24.0, "A job without a deadline of its own is given up this long after its start; what waits for paper is not."
    )
    connect_seconds: float = _setting(10.0, "How long a device may take to accept a connection.")
    first_byte_seconds: float = _setting(30.0, "How long a device may take to answer: asleep, many need 20 seconds.")
    idle_seconds: float = _setting(60.0, "How long a device may pause in mid-transfer.")
    follow_seconds: float = _setting(
        30.0, "How long a worker stays with a device's job before it lets go and comes back later."
    )
    capability_seconds: float = _setting(
        300.0, "How long what a device says of itself is believed; after that it is asked whether it has changed."
    )
    tls: str = _setting(
        "verify",
        "How ipps: devices prove who they are: verify (by a known authority), pin (the certificate seen first stays), "
        "none. A destination's option tls= wins.",
        choices=("verify", "pin", "none"),
    )
    country: str = _setting(
        "JP",
        "The country (ISO 3166, two capital letters) of telephone numbers that are written without a country code. A "
        "destination's option country= wins.",
    )
    resend: str = _setting(
        "at-least-once",
        "What to do when a crash leaves the fate of a delivery open and the device cannot tell: at-least-once sends "
        "again, at-most-once does not. A destination's option resend= wins, and the receipt says which.",
        choices=tuple(Resend),
    )
    max_document_mb: int = _setting(2048, "Largest document taken, in megabytes.", least=1)
    max_pages: int = _setting(10000, "Most pages of one document.", least=1)
    render_children: int = _setting(2, "Documents that are converted at once.", least=1)
    render_cpu_seconds: int = _setting(120, "CPU seconds after which a conversion is given up.", least=1)
    render_wall_seconds: int = _setting(600, "Seconds after which a conversion is given up.", least=1)
    render_memory_mb: int = _setting(2048, "Address space of a conversion, in megabytes.", least=1)
    spool_reserve_mb: int = _setting(64, "Free disk space below which new jobs are refused.")
    failed_document_hours: float = _setting(
        72.0, "How long the document of a job with failed deliveries is kept, so that they can be retried."
    )
    ended_job_days: float = _setting(
        90.0, "Days after which an ended job and its receipts are forgotten, unless its documents are kept."
    )
    mail_host: str = _setting(
        "",
        "The mail server that tells owners of groups by mail which destinations are suspended or back again. Empty: "
        "nothing is mailed.",
    )
    mail_port: int = _setting(25, "Its port: most often 25, 587 with starttls, 465 with tls.", least=1)
    mail_tls: str = _setting(
        "none",
        "How the connection to it is encrypted: none, starttls (from the greeting on), tls (from the start). Its "
        "certificate must be one that the system trusts.",
        choices=("none", "starttls", "tls"),
    )
    mail_user: str = _setting("", "Who logs in to it; empty: nobody.")
    mail_password_file: Path | None = _setting(
        None, "File with the password of mail_user; only its owner may read it (chmod 600)."
    )
    mail_from: str = _setting("", "The sender's address; distserver@ and the name of this machine when not set.")
    notice_mail: str = _setting(
        "",
        "Mail addresses, with commas between them, that are told of destinations whose groups name no owner. Empty: "
        "nobody.",
    )
    mail_in_listen: str = _setting(
        "",
        "Where mail is taken in that is to become jobs: lmtp://127.0.0.1:8624 for a mail server on this machine that "
        "hands it over, smtp://HOST:PORT for one elsewhere. Empty: no mail is taken in.",
    )
    mail_in_domain: str = _setting(
        "",
        "Domains, with commas between them, whose addresses are groups: sales@print.example.org is the group of "
        "sales.rec.",
    )
    mail_in_mailbox: str = _setting(
        "distserver",
        "Name before the @ of the address whose mails name the group in their subject, as 'to: GROUP; TITLE'; with "
        "+GROUP behind it, it names the group itself.",
    )
    mail_in_relays: str = _setting(
        "127.0.0.0/8, ::1",
        "Networks, with commas between them, of mail servers whose word about a sender is taken, as far as the next "
        "two settings say.",
    )
    mail_in_results: str = _setting(
        "",
        "The name under which these mail servers write Authentication-Results, as mail.example.org; they must take out "
        "those of others that bear it. Empty: such lines count for nothing, and DKIM is checked here.",
    )
    mail_in_senders: str = _setting(
        "proved",
        "Whose mails are taken from those mail servers: proved, with DKIM, Authentication-Results or a confirmation; "
        "trusted, those whose author is also the sender of the envelope, for a mail server that lets nobody use "
        "another's address there.",
        choices=("proved", "trusted"),
    )
    mail_in_dns: str = _setting(
        "", "Name server that is asked for keys of DKIM, as ADDRESS or ADDRESS:PORT; empty: that of the system."
    )
    mail_in_mb: int = _setting(
        35, "Largest mail taken, in megabytes, as it is sent (a third more than its files).", least=1
    )
    mail_in_hourly: int = _setting(60, "Most mails of one sender that are taken in an hour.", least=1)
    mail_in_confirm_hours: float = _setting(
        24.0, "How long a mail whose sender is not proved waits for them to confirm it.", least=0.01
    )
    tls_certificate: Path | None = _setting(
        None,
        "File with the certificate by which the groups' printers prove who they are to ipps: clients, in PEM, with "
        "those that lead to its authority behind it; read anew when it changes. Not set: the server makes one itself, "
        "in HOME/tls, and renews it.",
    )
    tls_key: Path | None = _setting(
        None, "File with its private key, in PEM, without a passphrase; when not set, the key is in the same file."
    )
    dnssd: str = _setting(
        "auto",
        "Whether the network is told of the groups' printers, so that computers, phones and tablets find them (DNS-SD, "
        "Bonjour, AirPrint): on, off, or auto, which tells nobody as long as the server listens on a loopback address: "
        "what is announced from there cannot be reached. Without it, printers are added by their address.",
        choices=("auto", "on", "off"),
    )
    dnssd_interfaces: str = _setting(
        "",
        "Where they are announced: names or addresses of network interfaces (eth0, 192.0.2.7), with commas between "
        "them. Empty: on all that the server listens on, but for loopback, tunnels and networks of containers.",
    )
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR.")
    log_format: str = _setting(
        "text", "How log lines are written: text (for people) or json (an object a line).", choices=("text", "json")
    )

    @property
    def groups_dir(self) -> Path:
        return self.groups or self.home / "groups"

    @property
    def destinations_path(self) -> Path:
        return self.destinations_file or self.home / "destinations.rec"

    @property
    def fax_in_path(self) -> Path:
        return self.fax_in_file or self.home / "fax-in.rec"

    @property
    def secrets_path(self) -> Path:
        return self.secrets_file or self.home / "secrets"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL, with psycopg 3 as the driver of PostgreSQL."""
        if not self.database:
            return f"sqlite:///{(self.home / 'store' / 'distserver.sqlite').absolute()}"
        for prefix in ("postgres://", "postgresql://"):
            if self.database.startswith(prefix):
                return "postgresql+psycopg://" + self.database.removeprefix(prefix)
        return self.database

    @property
    def printers_port(self) -> int:
        """Where ipp: is served, unless that port is taken; 0 when nobody knows."""
        return self.ipp_port or (self.port + PRINTERS_ABOVE if self.port else 0)

    @property
    def secure_printers_port(self) -> int:
        """The same for ipps:."""
        return self.ipps_port or (self.printers_port + 1 if self.printers_port else 0)

    @property
    def board_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """One line of `distserver config`: the effective value and where it came from."""

    name: str
    value: str
    origin: str
    default: str
    text: str


def load_settings(
    home: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> tuple[Settings, tuple[SettingInfo, ...]]:
    """Effective settings, and the origin of each. Raises `SetupError` on an unknown name or a wrong value."""
    environ = os.environ if environ is None else environ
    given = {k: v for k, v in (flags or {}).items() if v is not None}
    where = Path(home or given.get("home") or environ.get(_PREFIX + "HOME") or "var").absolute()
    from_file = _read_file(where / FILE_NAME)
    values: dict[str, Any] = {}
    infos: list[SettingInfo] = []
    for item in dataclasses.fields(Settings):
        value, origin = item.default, "default"
        if item.name in from_file:
            value, origin = _convert(item, from_file[item.name], f"{FILE_NAME}: {item.name}"), str(where / FILE_NAME)
        if (variable := _PREFIX + item.name.upper()) in environ:
            value, origin = _convert(item, environ[variable], variable), f"environment {variable}"
        if item.name in given:
            value, origin = _convert(item, given[item.name], f"--{item.name}"), f"--{item.name.replace('_', '-')}"
        if item.name == "home":
            value, origin = where, origin if origin != "default" or home is None else "--home"
        values[item.name] = value
        shown = "" if value is None else str(value)
        default = "" if item.default is None else str(item.default)
        infos.append(SettingInfo(item.name, shown, origin, default, item.metadata["text"]))
    return Settings(**values), tuple(infos)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise SetupError(f"you may not read {path}: run as its owner, or name your own folder with --home") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}") from error
    known = {item.name for item in dataclasses.fields(Settings)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise SetupError(f"{path}: unknown setting '{unknown[0]}'; `distserver config` lists all of them")
    return table


def _convert(item: dataclasses.Field[Any], value: Any, origin: str) -> Any:
    kind = str(item.type)
    if kind.startswith("Path"):
        return Path(value).absolute() if value else None
    if kind in ("int", "float"):
        return _convert_number(item, value, origin)
    choices = item.metadata["choices"]
    if choices and value not in choices:
        raise SetupError(f"{origin}: '{value}' is none of {', '.join(choices)}")
    if item.metadata["scheme"] and value:
        _check_place(str(value), item.metadata["scheme"], origin)
    return str(value)


def _check_place(value: str, scheme: str, origin: str) -> None:
    """It is `scheme://HOST` or `scheme://HOST:PORT`. Raises `SetupError`."""
    try:
        parts = urlsplit(value)
        good = parts.scheme == scheme and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # no number for a port, or half an address of IPv6
        good = False
    if not good or value.partition("://")[2].rstrip("/") != parts.netloc:
        raise SetupError(f"{origin}: '{value}' is not {scheme}://HOST or {scheme}://HOST:PORT")


def _convert_number(item: dataclasses.Field[Any], value: Any, origin: str) -> float:
    whole = str(item.type) == "int"
    try:
        number = int(value) if whole else float(value)
    except (TypeError, ValueError) as error:
        raise SetupError(f"{origin}: '{value}' is not a {'whole number' if whole else 'number'}") from error
    if not item.metadata["least"] <= number < float("inf"):
        raise SetupError(f"{origin}: '{value}' is not {item.metadata['least']} or more")
    return number
