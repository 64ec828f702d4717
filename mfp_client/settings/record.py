"""Every setting of a device: name, kind, default, a paragraph."""

from __future__ import annotations

from dataclasses import dataclass

from distwire.local import kinds
from distwire.local.setting import setting as _setting
from mfp_client.printing.profiles import PROFILES

LANGUAGES = ("en", "ja")
CONTRASTS = ("normal", "high")
LOG_IN = ("users", "none")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound
LISTER = "mfp-client settings show"


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """The settings of one device."""

    server: str = _setting(
        "",
        kinds.server,
        "The distribution server: https://HOST or https://HOST:PORT; http: only in a network that you trust. Empty: "
        "none, the device copies, scans and prints by itself.",
    )
    address: str = _setting(
        "",
        kinds.address,
        "The device's own domain name, IP address or URI, as its line of all.rec has it; under it the device registers "
        "with groups. Empty: none.",
    )
    name: str = _setting("mfp", kinds.name, "What the device and its printer are called, in any script.")
    location: str = _setting("", kinds.text, "Where it stands; printing clients see it.")
    language: str = _setting(
        "en",
        kinds.choice(*LANGUAGES),
        "Of the panel while nobody is logged in, of mark sheets, and of jobs without a title: en or ja.",
    )
    contrast: str = _setting(
        "normal", kinds.choice(*CONTRASTS), "Of the panel while nobody is logged in: normal or high."
    )
    printer_uri: str = _setting(
        "",
        kinds.printer,
        "Where the panel prints copies and stored documents: ipp://HOST/ipp/print or cups:QUEUE. Empty: on the printer "
        "of this device.",
    )
    printer_host: str = _setting(
        "127.0.0.1",
        kinds.name,
        "Address on which the device's printer listens. The server delivers to it, so 0.0.0.0 or an address of the "
        "local network where the server is another machine. Whoever reaches it may print.",
    )
    printer_port: int = _setting(8651, kinds.whole(1, 65535), "Port of the device's printer.")
    tray: str = _setting(
        "tray", kinds.name, "Folder for the printed pages; a path that does not begin with / is below the home folder."
    )
    output: str = _setting("", kinds.queue, "cups:QUEUE prints on a queue of this machine's CUPS instead of the tray.")
    profile: str = _setting("everything", kinds.choice(*PROFILES), "What kind of printer the device is.")
    print_seconds_per_page: float = _setting(0.0, kinds.seconds, "How long a page takes to print, for demonstrations.")
    panel_host: str = _setting(
        "127.0.0.1",
        kinds.name,
        "Address on which the panel listens. Whoever reaches it stands at the panel, so leave it on this machine.",
    )
    panel_port: int = _setting(8652, kinds.whole(0, 65535), "Port of the panel; 0 takes a free one.")
    scanners: tuple[str, ...] = _setting(
        (),
        kinds.scanners,
        "Scanners that the panel offers, the first by itself: http://HOST/eSCL, sane:NAME, folder:/PATH "
        "(`mfp-client scanners` lists what is there).",
    )
    media_folders: tuple[str, ...] = _setting(
        (),
        kinds.folders,
        "Folders that the panel offers as removable media although nothing is mounted there, such as a share: /PATH. "
        "One that is not there is a medium that is not in.",
    )
    log_in: str = _setting(
        "users",
        kinds.choice(*LOG_IN),
        "users: people log in with their account of the server, or a card; none: whoever stands there may do all, in "
        "the device's name.",
    )
    idle_seconds: int = _setting(
        120,
        kinds.whole(10, 86400),
        "Who touches nothing for so long is logged out. The screen warns 20 seconds before that, or after half the "
        "time where that is later.",
    )
    memory_mb: int = _setting(
        4000, kinds.whole(10, 10_000_000), "Room for all stored documents, in megabytes (1,000,000 octets)."
    )
    server_fingerprint: str = _setting(
        "",
        kinds.fingerprint,
        "SHA-256 of the server's own certificate, in hexadecimal, where no authority vouches for it. Empty: "
        "authorities do.",
    )
    server_ca_file: str = _setting(
        "",
        kinds.file,
        "File (PEM) with the authorities that vouch for the server: /PATH. Empty: those of the system.",
    )

    @property
    def printer(self) -> str:
        """Where this device prints: the URI of its own printer unless another is set."""
        if self.printer_uri:
            return self.printer_uri
        host = _EVERYWHERE.get(self.printer_host, self.printer_host)
        return f"ipp://{f'[{host}]' if ':' in host else host}:{self.printer_port}/ipp/print"
