"""The file with the settings of a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distwire.local.settings_file import SettingsError, SettingsFile
from mfp_client.settings.record import LISTER, DeviceSettings

__all__ = ["FILE", "FILE_NAME", "SettingsError", "change_settings", "load_settings", "save_settings"]

FILE_NAME = "mfp-client.toml"
_HEAD = "Settings of this device: `mfp-client settings show --explain` tells all of them."
FILE = SettingsFile(FILE_NAME, DeviceSettings, _HEAD, LISTER)


def load_settings(home: Path) -> DeviceSettings:
    """The settings of the device in `home`: what its file says, defaults for the rest. Raises `SettingsError`."""
    return FILE.load(home)


def change_settings(settings: DeviceSettings, changes: dict[str, Any]) -> DeviceSettings:
    """These settings with others in some places. Raises `SettingsError` for what could not stand in the file."""
    return FILE.change(settings, changes)


def save_settings(home: Path, settings: DeviceSettings) -> None:
    """Write them into the file of the device in `home`, whole or not at all; comments and order stay."""
    FILE.save(home, settings)
