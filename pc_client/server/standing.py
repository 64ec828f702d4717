"""Whether this PC is known to a server."""

from __future__ import annotations

from pathlib import Path

from distwire.local.token import read_token
from pc_client.settings import PcSettings, SettingsError


def need_enrolment(home: Path, settings: PcSettings) -> None:
    """Raises `SettingsError` where this PC has no server, no address or no token."""
    if not settings.server or not settings.address or not read_token(home):
        raise SettingsError("this PC is not enrolled yet: have a code shown on the board and run `pc-client enrol`")
