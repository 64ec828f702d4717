"""Whatever stops a scan wherever: who mends and goes on has each side once, in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from distwire.scan.choice import open_scanner
from distwire.scan.contract import ScanJob, Source
from distwire.scan.session import Answer, Interruption
from tests.support.escl_device import Sheet, run_escl_device
from tests.support.scanning import LIMITS, make_session, millimetres

_STATES = st.sampled_from(["ScannerAdfJam", "ScannerAdfMultipickDetected", "ScannerAdfHatchOpen", "ScannerAdfMispick"])
_BACKS = st.lists(st.sampled_from(["back", None]), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None)
@given(_BACKS, st.dictionaries(st.integers(0, 5), _STATES, max_size=4), st.booleans(), st.booleans(), st.integers(0, 2))
def test_each_side_comes_once_and_in_order(
    backs: list[str | None], faults: dict[float, str], duplex: bool, remove_blank: bool, busy: int
) -> None:
    sheets = [Sheet(100 + 20 * number, 200, back=back) for number, back in enumerate(backs)]
    wanted = [
        (sheet.width, 200)
        for sheet in sheets
        for text in ((sheet.front, sheet.back) if duplex else (sheet.front,))
        if text is not None or not remove_blank
    ]
    with run_escl_device() as device, tempfile.TemporaryDirectory() as folder:
        device.sheets, device.faults, device.busy = list(sheets), dict(faults), busy

        def mend(_asked: Interruption) -> Answer:
            device.mend()
            return Answer.CONTINUE if device.sheets else Answer.END

        job = ScanJob(Source.ADF, duplex, 75)
        scanner = open_scanner(device.uri, limits=LIMITS)
        session = make_session(scanner, Path(folder) / "scan", job, mend, remove_blank=remove_blank)
        list(session.run())
        assert millimetres(session.pages) == wanted
        assert len(session.pages) + session.blank == len(sheets) * (2 if duplex else 1)
        assert len(list((Path(folder) / "scan").iterdir())) == len(session.pages)
