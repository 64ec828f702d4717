"""What eSCL scanners say, read with no more trust than they deserve."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distwire.scan.contract import Color, Resolutions, ScanJob, Source
from distwire.scan.escl.address import read_address, read_path
from distwire.scan.escl.description import read_description
from distwire.scan.escl.settings import write_settings
from distwire.scan.escl.status import ADF_FAULTS, read_status
from distwire.scan.faults import BrokenAnswer, Fault, ScanError, SettingRefused
from tests.support.escl_device import CAPABILITIES

ADF_ONLY = b"""<s:ScannerCapabilities xmlns:s="urn:s" xmlns:p="urn:p">
<p:Version>2.0</p:Version><p:MakeAndModel>Feeder
Only</p:MakeAndModel><s:SettingProfiles><s:SettingProfile name="p1"><s:ColorModes><s:ColorMode>Grayscale8</s:ColorMode>
</s:ColorModes><s:SupportedResolutions><s:ResolutionRange><s:XResolutionRange><s:Min>50</s:Min><s:Max>600</s:Max>
</s:XResolutionRange></s:ResolutionRange></s:SupportedResolutions></s:SettingProfile></s:SettingProfiles>
<s:Adf><s:AdfSimplexInputCaps><s:MaxWidth>2500</s:MaxWidth><s:SettingProfiles><s:SettingProfile ref="p1"/>
</s:SettingProfiles></s:AdfSimplexInputCaps></s:Adf></s:ScannerCapabilities>"""


def test_a_scanner_without_a_platen_and_with_profiles_by_name() -> None:
    can = read_description(ADF_ONLY, "uri").capabilities
    (feeder,) = can.sources
    assert can.name == "Feeder Only"
    assert (feeder.source, feeder.duplex) == (Source.ADF, False)
    assert feeder.resolutions == Resolutions((), 50, 600)
    assert feeder.colors == (Color.BI_LEVEL, Color.MONOCHROME)
    assert feeder.size == (2500 * 2540 // 300, 3508 * 2540 // 300)


def test_black_and_white_is_asked_for_as_grey_because_jpeg_cannot_carry_it() -> None:
    description = read_description(CAPABILITIES.encode(), "uri")
    settings = write_settings(ScanJob(Source.ADF, True, 300, Color.BI_LEVEL, (21000, 29700)), description).decode()
    assert "<scan:ColorMode>Grayscale8<" in settings
    assert "<pwg:DocumentFormat>image/jpeg<" in settings
    assert "<pwg:Width>2480<" in settings
    assert "<pwg:Height>3507<" in settings
    assert "<scan:Duplex>true<" in settings
    assert "<pwg:Version>2.63<" in settings


def test_a_scanner_without_jpeg_is_refused() -> None:
    text = CAPABILITIES.replace("image/jpeg", "image/x-own")
    with pytest.raises(SettingRefused, match="sends no JPEG"):
        write_settings(ScanJob(Source.ADF), read_description(text.encode(), "uri"))


@pytest.mark.parametrize(("state", "fault"), ADF_FAULTS.items())
def test_every_state_of_the_feeder_has_a_fault(state: str, fault: Fault) -> None:
    assert read_status(f"<ScannerStatus><AdfState>{state}</AdfState></ScannerStatus>".encode()).fault is fault


def test_a_job_is_known_by_the_path_of_its_uri() -> None:
    status = read_status(
        b"<ScannerStatus><State>Idle</State><Jobs><JobInfo><JobUri>http://elsewhere/eSCL/ScanJobs/7/</JobUri>"
        b"<JobState>Aborted</JobState><JobStateReasons><JobStateReason>JobTimedOut</JobStateReason></JobStateReasons>"
        b"</JobInfo></Jobs></ScannerStatus>"
    )
    assert status.find_abortion("/eSCL/ScanJobs/7") == "JobTimedOut"
    assert status.find_abortion("/eSCL/ScanJobs/8") is None
    assert not status.is_under_way("/eSCL/ScanJobs/7")


@pytest.mark.parametrize(
    ("uri", "means"),
    [
        ("http://copier", "http://copier/eSCL"),
        ("https://copier/", "https://copier/eSCL"),
        ("escl://10.0.0.7:8080/eSCL/", "http://10.0.0.7:8080/eSCL"),
        ("escls://[fe80::1]/x/y", "https://[fe80::1]/x/y"),
    ],
)
def test_addresses(uri: str, means: str) -> None:
    assert read_address(uri).uri == means


@pytest.mark.parametrize(
    "uri",
    ["", "copier", "ftp://copier/", "http://", "http://a:b@copier/", "http://copier:99999/", "http://copier/?x=1",
     "http://co pier/", "http://copier/\r\nX: y", "http://[::1/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(SettingRefused, match="write http://HOST/eSCL"):
        read_address(uri)


@given(st.text(max_size=200))
def test_a_path_can_be_sent_whatever_it_was(uri: str) -> None:
    try:
        path = read_path(uri, "/eSCL/ScanJobs")
    except BrokenAnswer:
        return
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path


_NAMES = st.sampled_from(
    ["ScannerCapabilities", "ScannerStatus", "Adf", "AdfSimplexInputCaps", "SettingProfile", "MaxWidth", "ColorMode",
     "DiscreteResolution", "XResolution", "XResolutionRange", "Min", "Max", "Jobs", "JobInfo", "JobUri", "AdfState"]
)  # fmt: skip
_TEXT = st.one_of(st.text("0123456789.-eX", max_size=9), st.sampled_from(["RGB24", "http://[::1", "é" * 9, ""]))
_TREES = st.recursive(
    st.tuples(_NAMES, _TEXT).map(lambda one: f"<{one[0]}>{one[1]}</{one[0]}>"),
    lambda inner: st.tuples(_NAMES, st.lists(inner, max_size=4)).map(
        lambda one: f"<{one[0]}>{''.join(one[1])}</{one[0]}>"
    ),
    max_leaves=20,
)


@given(st.one_of(st.binary(max_size=300), _TREES.map(str.encode)))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for read in (lambda: read_description(data, "uri"), lambda: read_status(data)):
        with contextlib.suppress(ScanError):
            read()


@given(st.lists(_TREES, max_size=4))
def test_any_description_can_be_held_against_a_job(trees: list[str]) -> None:
    data = f"<ScannerCapabilities><Adf>{''.join(trees)}</Adf>{''.join(trees)}</ScannerCapabilities>".encode()
    for ability in read_description(data, "uri").capabilities.sources:
        assert ability.resolutions.allows(300) in (True, False)
        assert not ability.resolutions.allows(0)
