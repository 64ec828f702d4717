"""Set-Job-Attributes (RFC 3380 §4.2): jobs that are there are held and go on, as `lp -i NUMBER -H hold` asks."""

from __future__ import annotations

from distserver.intake.ipp.job_access import identify_job
from distserver.intake.ipp.rim import Rim
from distserver.intake.ipp.ticket import SETTABLE
from distwire.ipp.attributes import attribute
from distwire.ipp.enums import Operation, Status
from distwire.ipp.service import Call, Handler, Refusal, Reply
from distwire.ipp.values import NOT_SETTABLE

_GO, _HOLD = "no-hold", "indefinite"


class JobChanges:
    """Handlers of operations that change what was asked of a job."""

    def __init__(self, rim: Rim) -> None:
        self._rim = rim

    def handlers(self) -> dict[int, Handler]:
        return {Operation.SET_JOB_ATTRIBUTES: self.set_job_attributes}

    def set_job_attributes(self, call: Call) -> Reply:
        """All of it or nothing; only `job-hold-until`, as `indefinite` or `no-hold`."""
        visitor, number = identify_job(self._rim, call)
        asked, incoming = call.request.job, self._rim.incoming
        found = incoming.get(number, visitor.actor)
        if not asked.attributes:
            raise Refusal(Status.BAD_REQUEST, "the request names no attribute to set")
        fixed = [one.name for one in asked if one.name not in SETTABLE]
        if fixed:
            wrong = tuple(attribute(name, NOT_SETTABLE) for name in fixed)
            raise Refusal(Status.ATTRIBUTES_NOT_SETTABLE, "of a job that is there only job-hold-until is set", wrong)
        word = asked.string("job-hold-until")
        if word not in (_GO, _HOLD):
            words = f"a job that is there is held until '{_HOLD}' or goes on with '{_GO}'"
            raise Refusal(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, words, asked.attributes)
        if word == _HOLD:
            incoming.hold(number, visitor.actor)
        elif found.ended or found.job is None or found.job.held:  # else it goes on already
            incoming.release(number, visitor.actor)
        return Reply()
