"""A fax whose destination goes between Create-Job and its last document ends at once, and says why (N1)."""

from __future__ import annotations

import time
from pathlib import Path

from distwire.ipp import GroupTag, Operation, Status, attribute
from distwire.ipp.attributes import collection
from distwire.ipp.enums import JobState
from distwire.ipp.values import boolean, integer, uri
from tests.support.documents import make_pdf
from tests.support.group_printers import run_house
from tests.support.ippwire import ask

_PATIENCE = 60.0


def test_a_fax_whose_destination_is_gone_is_aborted(tmp_path: Path) -> None:
    document = make_pdf(tmp_path / "notice.pdf").read_bytes()
    with run_house(tmp_path / "home", faxout_from="127.0.0.1") as house:
        house.write_group("office", "discard:one; Branch one")
        house.wait_for_groups("office")
        fax = f"ipp://{house.authority}/ipp/faxout"
        where = attribute("destination-uris", collection(attribute("destination-uri", uri("discard:one"))))
        made = ask(fax, Operation.CREATE_JOB, job=(where,))
        number = attribute("job-id", integer(made.group(GroupTag.JOB).integer("job-id") or 0))
        (file,) = house.server.home.rglob("office.rec")
        file.unlink()
        until = time.monotonic() + _PATIENCE
        while ask(house.printer("office"), Operation.GET_PRINTER_ATTRIBUTES).code != Status.NOT_FOUND:
            assert time.monotonic() < until
            time.sleep(0.1)
        last = attribute("last-document", boolean(True))
        answer = ask(fax, Operation.SEND_DOCUMENT, number, last, document=document)
        assert answer.code == Status.NOT_FOUND
        job = ask(fax, Operation.GET_JOB_ATTRIBUTES, number).group(GroupTag.JOB)
        assert job.integer("job-state") == JobState.ABORTED
        assert "discard:one" in str(job.string("job-state-message"))
