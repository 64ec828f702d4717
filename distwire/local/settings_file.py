"""The file with the settings of a client: read whole, written so that what its owner wrote beside them stays."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from distwire.local.own_file import write_own_file
from distwire.local.setting import SettingFault, check_record

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

R = TypeVar("R")


class SettingsError(Exception):
    """A setting that cannot be used, or a file that cannot be read or written; the message says what to write.

    `name` is the setting's, where one is at fault.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class SettingsFile(Generic[R]):
    """`name` is the file's in the home folder, `record` the frozen dataclass of all settings, `head` the comment above
    a new file, `lister` the command that lists all settings."""

    name: str
    record: type[R]
    head: str
    lister: str

    def load(self, home: Path) -> R:
        """The settings in `home`: what the file says, defaults for the rest. Raises `SettingsError`."""
        path = home / self.name
        said = read_text(path)
        try:
            table = tomllib.loads(said)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f'{path} cannot be read: {error}. Write lines such as name = "Copier 2"') from error
        try:
            return check_record(self.record, table, self.lister)
        except SettingFault as fault:
            raise SettingsError(f"{path}, line {_find_line(said, fault.name)}: {fault.name}: {fault.words}") from fault

    def change(self, settings: R, changes: dict[str, Any]) -> R:
        """These settings with others in some places. Raises `SettingsError` for what could not stand in the file."""
        values = {**_values_of(settings), **changes}
        try:
            return check_record(self.record, {name: _plain(value) for name, value in values.items()}, self.lister)
        except SettingFault as fault:
            raise SettingsError(f"{fault.name}: {fault.words}", fault.name) from fault

    def save(self, home: Path, settings: R) -> None:
        """Write them into the file in `home`, whole or not at all; comments and order stay.

        A setting that has its default is written only where the file names it already. Raises `SettingsError`, also
        for a value that could not be read again.
        """
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        path = home / self.name
        values = {name: _plain(value) for name, value in _values_of(self.change(settings, {})).items()}
        self.load(home)
        try:
            document = tomlkit.parse(read_text(path))
            if not path.exists():
                document.add(tomlkit.comment(self.head))
            _lay_in(document, self.record, values)
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_own_file(path, tomlkit.dumps(document).encode("utf-8"), keep_mode=True)
        except TOMLKitError as error:
            raise SettingsError(f"{path} cannot be read, and is left as it is: {error}") from error
        except OSError as error:
            raise SettingsError(f"{path} cannot be written: {error.strerror or error}") from error

    def describe(self, home: Path) -> list[dict[str, Any]]:
        """Every setting: its value, where that came from, its default and its paragraph."""
        loaded = self.load(home)
        named = tomllib.loads(read_text(home / self.name))
        return [
            {
                "name": item.name,
                "value": getattr(loaded, item.name),
                "from": str(home / self.name) if item.name in named else "default",
                "default": item.default,
                "text": item.metadata["text"],
            }
            for item in dataclasses.fields(self.record)  # type: ignore[arg-type]
        ]


def _values_of(settings: Any) -> dict[str, Any]:
    return dataclasses.asdict(settings)


def _lay_in(document: TOMLDocument, record: Any, values: dict[str, Any]) -> None:
    for item in dataclasses.fields(record):
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
