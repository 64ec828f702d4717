"""The settings of a device: one file, read with its line where it is wrong, written so that comments stay."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mfp_client.cli import cli
from mfp_client.settings import FILE_NAME, DeviceSettings, SettingsError, load_settings, save_settings


def _write(home: Path, text: str) -> Path:
    (home / FILE_NAME).write_text(text, encoding="utf-8")
    return home / FILE_NAME


def _show(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["settings", "show", "--home", str(home), *arguments])


@pytest.mark.parametrize(
    "address",
    [
        "copier2.example.org",
        "copier2",
        "複合機.example.jp",
        "複合機。例え。jp",
        "हिन्दी.example",
        "フ\u309aリンター.example",
        "192.0.2.7",
        "2001:db8::7",
        "[2001:db8::7]",
        "ipp://copier2.example.org:8651/ipp/print",
        "cups:Laser",
        "discard:own",
        "tel:4711",
        "",
    ],
)
def test_an_address_is_what_a_line_of_all_rec_may_have(tmp_path: Path, address: str) -> None:
    _write(tmp_path, f'address = "{address}"')
    assert load_settings(tmp_path).address == address


def test_a_home_without_a_file_has_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none") == DeviceSettings()


def test_what_the_file_says_is_what_the_device_does(tmp_path: Path) -> None:
    _write(
        tmp_path,
        'server = "https://print.example.org/"\naddress = "ipp://copier2.example.org/ipp/print"\nname = "複合機 2"\n'
        'scanners = ["sane:test", "folder:/in", "sane:test"]\nidle_seconds = 30\nprint_seconds_per_page = 1\n'
        f'server_fingerprint = "{":".join(["AB"] * 32)}"\n',
    )
    settings = load_settings(tmp_path)
    assert settings.server == "https://print.example.org"
    assert (settings.name, settings.idle_seconds, settings.print_seconds_per_page) == ("複合機 2", 30, 1.0)
    assert settings.scanners == ("sane:test", "folder:/in")
    assert settings.server_fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('sever = "x"', "sever: there is no such setting; `mfp-client settings show` lists all of them"),
        ("[server]", "server: write words on one line"),
        ('server = "print.example.org"', 'server: write "https://HOST" or "https://HOST:PORT"'),
        ('server = "https://a:99999"', "server: write"),
        ('server = "ftp://a"', "server: write"),
        ('server = "https://me:word@a"', "server: write"),
        ('address = "copier 2"', 'address: write a domain name such as "copier2.example.org", an IP address, or'),
        ('address = "copier2.example.org:8651"', "address: write a domain name"),
        ('address = "copier2:8651"', "address: write a domain name"),
        ('address = "-a.example.org"', "address: write"),
        ('address = "ipp:///ipp/print"', "address: write"),
        (f'address = "{60 * "é"}.example"', "address: write"),
        ('address = "192.0.2.700"', "address: write"),
        ('address = "copier2.example.org/ipp"', "address: write"),
        ('name = ""', "name: write a name"),
        ("name = 5", "name: write"),
        ('name = "a\\nb"', "name: write words on one line"),
        ('language = "de"', "language: write one of en, ja"),
        ('printer_uri = "http://a"', 'printer_uri: write "ipp://HOST/ipp/print"'),
        ('printer_uri = "cups:"', "printer_uri: write"),
        ('printer_port = "8651"', "printer_port: write a whole number from 1 to 65535, without quotes"),
        ("printer_port = true", "printer_port: write a whole number"),
        ("printer_port = 65536", "printer_port: write a whole number"),
        ('output = "lp"', 'output: write "cups:QUEUE"'),
        ('profile = "fine"', "profile: write one of pdf"),
        ("print_seconds_per_page = nan", "print_seconds_per_page: write seconds"),
        ("idle_seconds = 1", "idle_seconds: write a whole number from 10"),
        ('scanners = "sane:test"', "scanners: write a list of URIs"),
        ('scanners = ["folder:in"]', "scanners: 'folder:in' is no scanner: write"),
        ('scanners = ["sane:"]', "scanners: 'sane:' is no scanner"),
        ("scanners = [5]", "scanners: write words"),
        ('server_ca_file = "ca.pem"', 'server_ca_file: write "/PATH"'),
        ('log_in = "cards"', "log_in: write one of users, none"),
        ('server_fingerprint = "abc"', "server_fingerprint: write the 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line_and_what_to_write(tmp_path: Path, line: str, words: str) -> None:
    path = _write(tmp_path, f"# mine\nlocation = 'server'\n\n{line}\n")
    with pytest.raises(SettingsError) as raised:
        load_settings(tmp_path)
    assert str(raised.value).startswith(f"{path}, line 4: {words}")


@pytest.mark.parametrize("text", ["name = Copier", "name = 'a'\nname = 'b'\n", "name"])
def test_what_is_no_toml_is_said_with_its_line(tmp_path: Path, text: str) -> None:
    _write(tmp_path, text)
    with pytest.raises(SettingsError, match=r"line \d, column|at end of document"):
        load_settings(tmp_path)


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"name = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path)


def test_saving_keeps_what_the_owner_wrote(tmp_path: Path) -> None:
    path = _write(tmp_path, '# mine\nidle_seconds = 30  # short\n\nname = "old" # the name\n')
    path.chmod(0o640)
    save_settings(tmp_path, dataclasses.replace(load_settings(tmp_path), name="new", scanners=("sane:test",)))
    assert path.read_text() == (
        '# mine\nidle_seconds = 30  # short\n\nname = "new" # the name\nscanners = ["sane:test"]\n'
    )
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_saved_is_read_again_as_it_was(tmp_path: Path) -> None:
    settings = DeviceSettings(
        server="https://a:8443", name='"Ø" \\ 複', scanners=("sane:test", "folder:/in"), print_seconds_per_page=0.5
    )
    save_settings(tmp_path / "new", settings)
    assert load_settings(tmp_path / "new") == settings
    back = dataclasses.replace(settings, server="", scanners=())
    save_settings(tmp_path / "new", back)
    assert load_settings(tmp_path / "new") == back


def test_what_could_not_be_read_again_is_not_saved(tmp_path: Path) -> None:
    path = _write(tmp_path, 'name = "old"\n')
    with pytest.raises(SettingsError, match=r"^server: write"):
        save_settings(tmp_path, DeviceSettings(server="nonsense"))
    assert path.read_text() == 'name = "old"\n'
    path.write_text("nmae = 1\n")
    with pytest.raises(SettingsError, match="line 1: nmae"):
        save_settings(tmp_path, DeviceSettings())
    assert path.read_text() == "nmae = 1\n"


@pytest.mark.parametrize(
    ("settings", "printer"),
    [
        (DeviceSettings(), "ipp://127.0.0.1:8651/ipp/print"),
        (DeviceSettings(printer_host="0.0.0.0", printer_port=70), "ipp://127.0.0.1:70/ipp/print"),
        (DeviceSettings(printer_host="::"), "ipp://[::1]:8651/ipp/print"),
        (DeviceSettings(printer_host="192.0.2.7"), "ipp://192.0.2.7:8651/ipp/print"),
        (DeviceSettings(printer_uri="cups:lp"), "cups:lp"),
    ],
)
def test_the_panel_prints_on_the_device_unless_told(settings: DeviceSettings, printer: str) -> None:
    assert settings.printer == printer


def test_show_tells_every_setting_and_where_it_came_from(tmp_path: Path) -> None:
    path = _write(tmp_path, 'name = "複合機"\n')
    done = _show(tmp_path)
    assert done.exit_code == 0
    assert f'"複合機"   from {path}' in done.output
    rows = json.loads(_show(tmp_path, "--json").output)
    assert [row["name"] for row in rows] == [item.name for item in dataclasses.fields(DeviceSettings)]
    assert {row["name"]: row["from"] for row in rows if row["from"] != "default"} == {"name": str(path)}
    assert "Where it stands" in _show(tmp_path, "--explain").output


def test_show_tells_what_is_wrong(tmp_path: Path) -> None:
    _write(tmp_path, "name = 5\n")
    done = _show(tmp_path)
    assert (done.exit_code, "line 1: name: write" in done.output) == (1, True)


def test_every_setting_is_told_in_the_reference() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/reference/device-settings.md").read_text(encoding="utf-8")
    for item in dataclasses.fields(DeviceSettings):
        assert f"| `{item.name}` |" in page
        assert len(item.metadata["text"]) > 10
