"""Every recorded device is read whole, and written back byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from distwire.ipp import Attribute, Collection, Message, Resolution, Status, decode_message, encode_message

FOLDER = Path(__file__).parents[2] / "data" / "ipp-recordings"
FILES = sorted(FOLDER.glob("*.bin"))


def read_recording(name: str) -> Message:
    message, consumed = decode_message((FOLDER / name).read_bytes())
    assert consumed == (FOLDER / name).stat().st_size
    return message


def test_all_recordings_are_here() -> None:
    assert len(FILES) == 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recording_is_read_and_written_back(path: Path) -> None:
    raw = path.read_bytes()
    message, consumed = decode_message(raw)
    assert message.notes == ()
    assert encode_message(message) == raw[:consumed]


def test_description_has_typed_values() -> None:
    printer = read_recording("get-printer-attributes-epsonxp6000.bin").printer
    assert "application/octet-stream" in printer.strings("document-format-supported")
    assert printer.boolean("color-supported") is True
    assert printer.range("copies-supported") == (1, 99)
    assert isinstance(printer.first("printer-resolution-default"), Resolution)
    media = printer.collections("media-col-default")[0]
    assert isinstance(media, Collection)
    size = media.collections("media-size")[0]
    assert size.integer("x-dimension") == 21590


def test_job_has_a_group_of_its_own() -> None:
    message = read_recording("get-jobs-kyocera-ecosys-m2540dn-000.bin")
    assert [job.integer("job-id") for job in message.jobs] == [1000]
    assert message.job.string("document-name-supplied") == "doc"


def test_refusal_has_its_status() -> None:
    message = read_recording("get-printer-attributes-error-0x0503.bin")
    assert message.code == Status.VERSION_NOT_SUPPORTED
    assert not message.ok
    assert message.version == (1, 1)


def test_group_without_attributes_stays() -> None:
    message = read_recording("get-printer-attributes-empty-attribute-group.bin")
    assert len(message.unsupported) == 0
    assert [group.tag for group in message.groups] == [1, 5]
    assert all(isinstance(attribute, Attribute) for attribute in message.operation)
