"""The device under the conformance suites of the Printer Working Group, run by Debian's ipptool: no test may fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.device import printed_jobs, start_device
from tests.support.ipptool import run_suite, write_documents

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_documents(tmp_path_factory.mktemp("documents"))


@pytest.mark.parametrize(("version", "suite", "least"), [("1.1", "ipp-1.1", 42), ("2.0", "ipp-everywhere", 90)])
def test_no_test_of_the_suite_fails(tmp_path: Path, documents: Path, version: str, suite: str, least: int) -> None:
    """The exit code is not enough (it forgets included files): every line of the report counts."""
    with start_device("everything", tmp_path / "tray", name="適合試験") as device:
        report = run_suite(device.uri, suite, documents, version)
        assert not report.failed, report.text
        assert len(report.passed) >= least, report.text
        assert device.process.poll() is None
    assert {job.state for job in printed_jobs(tmp_path / "tray")} <= {"completed", "canceled"}
