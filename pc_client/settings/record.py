"""Every setting of a PC: name, kind, default, a paragraph."""

from __future__ import annotations

from dataclasses import dataclass

from distwire.local import kinds
from distwire.local.setting import setting
from distwire.local.settings_file import SettingsFile

LISTER = "pc-client settings show"


@dataclass(frozen=True, slots=True)
class PcSettings:
    """The settings of one account of one PC."""

    server: str = setting(
        "",
        kinds.server,
        "The distribution server: https://HOST or https://HOST:PORT; http: only in a network that you trust.",
    )
    address: str = setting("", kinds.text, "The PC's own address as in all.rec: pc:NAME.")
    name: str = setting("PC", kinds.name, "What the PC is called; enrolling takes it from all.rec.")
    server_fingerprint: str = setting(
        "",
        kinds.fingerprint,
        "SHA-256 of the server's own certificate, in hexadecimal, where no authority vouches for it. Empty: "
        "authorities do.",
    )
    server_ca_file: str = setting(
        "",
        kinds.file,
        "File (PEM) with the authorities that vouch for the server: /PATH. Empty: those of the system.",
    )
    dialog: bool = setting(
        True,
        kinds.yes_no,
        "true: a window asks whether to show what came. false: a notice alone; the inbox shows it.",
    )
    quiet_from: str = setting(
        "",
        kinds.time_of_day,
        "From this time of day, HH:MM, nothing is announced: what comes is kept, and shown when the quiet ends. Empty: "
        "never.",
    )
    quiet_to: str = setting("", kinds.time_of_day, "Until this time of day, HH:MM.")
    printer: str = setting(
        "",
        kinds.destination_printer,
        "Where Print prints by itself: cups:QUEUE, a printer of this PC, or ipp://HOST/ipp/print, one in the network. "
        "Empty: it asks.",
    )
    keep_days: int = setting(
        90, kinds.whole(0, 36500), "What was read longer ago than so many days is taken out of the inbox. 0: never."
    )
    screen_port: int = setting(0, kinds.whole(0, 65535), "Port of the inbox on this PC alone; 0 takes a free one.")
    browser: str = setting(
        "",
        kinds.text,
        "Program that opens the windows, called with an address: a path, or a name. Empty: Chromium, Chrome or Edge as "
        "a window of its own, else the account's browser.",
    )


FILE = SettingsFile(
    "pc-client.toml", PcSettings, "Settings of this PC: `pc-client settings show --explain` tells all of them.", LISTER
)
