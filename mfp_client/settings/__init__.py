"""The settings of a device. They stand in one file, `mfp-client.toml` in its home.

    record.py    every setting: name, kind, default, a paragraph
    file.py      reads the file, and writes it for the panel's first start

The file is read at a start of `mfp-client run` and `mfp-client panel`. The device's token is not among them: it is in
`server-token`, which only the device's account may read.
"""

from __future__ import annotations

from distwire.local.kinds import LONGEST_NAME
from mfp_client.settings.file import FILE_NAME, SettingsError, change_settings, load_settings, save_settings
from mfp_client.settings.record import DeviceSettings

__all__ = [
    "FILE_NAME",
    "LONGEST_NAME",
    "DeviceSettings",
    "SettingsError",
    "change_settings",
    "load_settings",
    "save_settings",
]
