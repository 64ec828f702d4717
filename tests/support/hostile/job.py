"""A job of a simulated printer, and how it is shown."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from distwire.ipp import Attribute, Group, GroupTag, attribute
from distwire.ipp import values as v
from distwire.ipp.enums import JobState


@dataclass
class Job:
    """`digest` and `octets` are of what came of its document; `whole` says that its end came."""

    id: int
    name: str
    state: JobState = JobState.PENDING_HELD
    reasons: tuple[str, ...] = ("job-data-insufficient",)
    digest: str = ""
    octets: int = 0
    whole: bool = False
    impressions: int = 0
    uuid: str = field(default_factory=lambda: uuid.uuid4().urn)

    @property
    def ended(self) -> bool:
        """Nothing changes it any more."""
        return self.state >= JobState.CANCELED

    def become(self, state: JobState, *reasons: str) -> None:
        """Change state and reasons together."""
        self.state, self.reasons = state, reasons

    def show(self, printer_uri: str, up_time: int, *, with_uuid: bool) -> Group:
        """All its attributes; what a client asked for is not looked at."""
        attributes: list[Attribute] = [
            attribute("job-id", v.integer(self.id)),
            attribute("job-uri", v.uri(f"{printer_uri}/{self.id}")),
            attribute("job-printer-up-time", v.integer(up_time)),
            attribute("job-name", v.name(self.name)),
            attribute("job-state", v.enum(self.state)),
            attribute("job-state-reasons", *v.keywords(self.reasons)),
            attribute("number-of-documents", v.integer(int(self.whole))),
            attribute("job-k-octets", v.integer(-(-self.octets // 1024))),
            attribute("job-impressions-completed", v.integer(self.impressions)),
        ]
        if with_uuid:
            attributes.append(attribute("job-uuid", v.uri(self.uuid)))
        return Group(GroupTag.JOB, attributes)
