"""Page files that were damaged on purpose: looked at or refused, never anything else."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from distwire.scan.contract import Limits, RawPage
from distwire.scan.eye import Eye
from distwire.scan.faults import BrokenAnswer
from distwire.scan.picture import examine_page


def _draw(kind: str) -> bytes:
    image = Image.new("L", (120, 160), "white")
    ImageDraw.Draw(image).line((10, 10, 100, 140), fill="black", width=5)
    out = io.BytesIO()
    more = {"TIFF": {"compression": "tiff_lzw", "save_all": True, "append_images": [image]}}.get(kind, {})
    image.save(out, kind, dpi=(100, 100), **more)
    return out.getvalue()


FILES = [_draw(kind) for kind in ("JPEG", "TIFF", "PNG", "PPM")]
_CHANGES = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(FILES), _CHANGES, st.integers(0, 4000), st.integers(0, 2))
def test_changed_files_are_seen_or_refused(
    tmp_path: Path, file: bytes, changes: list[tuple[int, int]], end: int, frame: int
) -> None:
    data = bytearray(file)
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path / "page"
    path.write_bytes(data[: max(1, end)])
    try:
        look = examine_page(RawPage(path, None, frame), 1_000_000)
    except BrokenAnswer as error:
        assert "\n" not in str(error)  # noqa: PT017 - either way is right
    else:
        assert look.width * look.height <= 1_000_000
        assert len(look.preview) < 1 << 17


def test_the_eye_looks_again_after_a_page_that_killed_it(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(FILES[0])
    with Eye(Limits()) as eye:
        first = eye.examine(RawPage(path, 100))
        child = eye._child
        assert child is not None
        child.kill()
        child.wait()
        with pytest.raises(BrokenAnswer, match="cannot be looked at"):
            eye.examine(RawPage(path, 100))
        assert eye.examine(RawPage(path, 100)) == first
    assert first.size == (3048, 4064)


def test_the_eye_looks_again_after_a_page_that_took_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, endless = tmp_path / "page.jpg", tmp_path / "endless.jpg"
    path.write_bytes(FILES[0])
    os.mkfifo(endless)
    with Eye(Limits()) as eye:
        first = eye.examine(RawPage(path, 100))
        with monkeypatch.context() as hasty, pytest.raises(BrokenAnswer, match="too much memory or time"):
            hasty.setattr("distwire.scan.eye.LOOK_SECONDS", 0.2)
            eye.examine(RawPage(endless, 100))
        assert eye.examine(RawPage(path, 100)) == first
