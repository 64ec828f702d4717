"""The settings of a PC. They stand in one file, `pc-client.toml` in its home; the token is not among them."""

from __future__ import annotations

from distwire.local.settings_file import SettingsError
from pc_client.settings.record import FILE, LISTER, PcSettings

__all__ = ["FILE", "LISTER", "PcSettings", "SettingsError"]
