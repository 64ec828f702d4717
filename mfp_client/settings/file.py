"""The file with the settings of a device: read whole, written so that what its owner wrote beside them stays."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mfp_client.own_file import write_own_file
from mfp_client.settings.record import DeviceSettings, SettingFault, check_settings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

FILE_NAME = "mfp-client.toml"
_HEAD = "Settings of this device: `mfp-client settings show --explain` tells all of them."


class SettingsError(Exception):
    """A setting that cannot be used, or a file that cannot be read or written; the message says what to write.

    `name` is the setting's, where one is at fault.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def load_settings(home: Path) -> DeviceSettings:
    """The settings of the device in `home`: what its file says, defaults for the rest. Raises `SettingsError`."""
    path = home / FILE_NAME
    said = read_text(path)
    try:
        table = tomllib.loads(said)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f'{path} cannot be read: {error}. Write lines such as name = "Copier 2"') from error
    try:
        return check_settings(table)
    except SettingFault as fault:
        raise SettingsError(f"{path}, line {_find_line(said, fault.name)}: {fault.name}: {fault.words}") from fault


def change_settings(settings: DeviceSettings, changes: dict[str, Any]) -> DeviceSettings:
    """These settings with others in some places. Raises `SettingsError` for what could not stand in the file."""
    values = {**dataclasses.asdict(settings), **changes}
    try:
        return check_settings({name: _plain(value) for name, value in values.items()})
    except SettingFault as fault:
        raise SettingsError(f"{fault.name}: {fault.words}", fault.name) from fault


def save_settings(home: Path, settings: DeviceSettings) -> None:
    """Write them into the file of the device in `home`, whole or not at all; comments and order stay.

    A setting that has its default is written only where the file names it already. Raises `SettingsError`, also for a
    value that could not be read again.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = home / FILE_NAME
    values = {name: _plain(value) for name, value in dataclasses.asdict(change_settings(settings, {})).items()}
    load_settings(home)
    try:
        document = tomlkit.parse(read_text(path))
        if not path.exists():
            document.add(tomlkit.comment(_HEAD))
        _lay_in(document, values)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_own_file(path, tomlkit.dumps(document).encode("utf-8"), keep_mode=True)
    except TOMLKitError as error:
        raise SettingsError(f"{path} cannot be read, and is left as it is: {error}") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}") from error


def _lay_in(document: TOMLDocument, values: dict[str, Any]) -> None:
    for item in dataclasses.fields(DeviceSettings):
        value = values[item.name]
        if item.name in document:
            if document[item.name] != value:
                document[item.name] = value
        elif value != _plain(item.default):
            document.add(item.name, value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read_text(path: Path) -> str:
    """What the file says; nothing where there is none. Raises `SettingsError`."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8: write it anew as text") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}") from error


def _find_line(said: str, key: str) -> int:
    """The line, from 1, on which a setting or table of that name begins."""
    begins = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    lines = said.splitlines()
    return next((number for number, line in enumerate(lines, 1) if begins.match(line)), 1)
