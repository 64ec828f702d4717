"""The log of calls that HylaFAX keeps for good (xferfaxlog(5F)): what became of a call after its job is forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transfer:
    """A call of a job. `tag` is what was asked with the job, `identity` what the far end calls itself (CSI), `took` how
    long (H:MM:SS) and `status` what went wrong, in HylaFAX's words; empty when nothing did."""

    call: str
    job: int
    tag: str
    number: str
    identity: str
    pages: int
    took: str
    status: str


_NUMBER = re.compile(r"[0-9]{1,9}\Z")


def read_transfer(line: str) -> Transfer | None:
    """One line; None when it is of no call that was sent."""
    columns = line.rstrip("\n").split("\t")
    if len(columns) < 14 or columns[1] != "SEND":
        return None
    plain = [column.strip().strip('"') for column in columns]
    if not (_NUMBER.match(plain[4]) and _NUMBER.match(plain[10])):
        return None
    return Transfer(
        call=plain[2],
        job=int(plain[4]),
        tag=plain[5],
        number=plain[7],
        identity=plain[8],
        pages=int(plain[10]),
        took=plain[11],
        status=plain[13],
    )
