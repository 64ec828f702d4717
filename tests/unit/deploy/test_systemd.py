"""The service files: each starts a command that exists, and its rights are few."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from mfp_client.cli import COMMANDS
from mfp_client.home import HOME_VARIABLE
from mfp_client.settings import DeviceSettings
from tests.support.sources import ROOT

UNIT = ROOT / "deploy/systemd/distserver.service"
CLONE = "/opt/distserver/"


def _section(name: str) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text(encoding="utf-8"))
    return unit[name]


def _service() -> configparser.SectionProxy:
    return _section("Service")


def test_it_starts_what_a_clone_has() -> None:
    program, command = _service()["ExecStart"].split()
    assert program.startswith(CLONE)
    assert (ROOT / program.removeprefix(CLONE)).exists()
    assert command == "serve"


def test_its_document_exists() -> None:
    line = next(line for line in UNIT.read_text(encoding="utf-8").splitlines() if line.startswith("Documentation="))
    assert (ROOT / Path(line.removeprefix("Documentation=file:")).relative_to(CLONE)).exists()


def test_it_does_not_start_again_and_again_when_something_is_lacking() -> None:
    assert "78" in _service()["RestartPreventExitStatus"].split()


def test_what_dies_is_soon_started_again_however_often() -> None:
    """N4: it goes on within 5 s, and a start takes two or three of them."""
    assert _service()["Restart"] == "on-failure"
    assert float(_service()["RestartSec"]) <= 1
    assert _section("Unit")["StartLimitIntervalSec"] == "0"


def test_it_may_write_to_its_data_alone() -> None:
    service = _service()
    assert service["ProtectSystem"] == "strict"
    assert service["Environment"].removeprefix("DISTSERVER_HOME=/var/lib/") == service["StateDirectory"]
    assert service["User"] != "root"


def test_it_asks_for_no_capability() -> None:
    service = _service()
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "yes"


def test_it_may_ask_for_the_addresses_of_the_machine() -> None:
    """N1: without them neither a certificate can be made nor a printer be announced."""
    assert "AF_NETLINK" in _service()["RestrictAddressFamilies"].split()


DEVICE = ROOT / "deploy/systemd/mfp-client.service"
KIOSK = ROOT / "deploy/systemd/mfp-kiosk.service"


def _service_of(unit: Path) -> configparser.SectionProxy:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(unit.read_text(encoding="utf-8"))
    return read["Service"]


def test_a_device_runs_from_its_own_folder_with_few_rights() -> None:
    service = _service_of(DEVICE)
    program, command = service["ExecStart"].split()
    assert (ROOT / program.removeprefix(CLONE)).exists()
    assert command in COMMANDS
    assert service["Environment"].removeprefix(f"{HOME_VARIABLE}=/var/lib/") == service["StateDirectory"]
    assert (service["ProtectSystem"], service["CapabilityBoundingSet"], service["NoNewPrivileges"]) == (
        "strict",
        "",
        "yes",
    )
    assert service["User"] != "root"
    assert "AF_NETLINK" in service["RestrictAddressFamilies"].split()


def test_the_screen_shows_the_panel_and_reaches_nothing_else() -> None:
    service = _service_of(KIOSK)
    settings = DeviceSettings()
    assert service["ExecStart"].split()[-1] == f"http://{settings.panel_host}:{settings.panel_port}/"
    assert (service["IPAddressDeny"], service["IPAddressAllow"]) == ("any", "localhost")


@pytest.mark.parametrize("unit", [DEVICE, KIOSK], ids=lambda unit: unit.name)
def test_a_unit_of_a_device_names_its_how_to(unit: Path) -> None:
    line = next(line for line in unit.read_text(encoding="utf-8").splitlines() if line.startswith("Documentation="))
    path = ROOT / Path(line.removeprefix("Documentation=file:")).relative_to(CLONE)
    assert unit.name in path.read_text(encoding="utf-8")
