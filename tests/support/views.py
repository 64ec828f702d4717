"""A job and a delivery as pages and receipts get them, not from any store."""

from __future__ import annotations

from distserver.model.documents import PrintOptions
from distserver.model.jobs import Counts, DeliveryView, JobView
from distserver.model.states import DeliveryState, Evidence, JobState, Priority, Resend

WAITING = DeliveryView(
    id="j-1",
    job_id="j",
    number=1,
    name="札幌支店",
    address="printer.sapporo.example.org",
    channel="ipp",
    groups=("Sales",),
    state=DeliveryState.PENDING,
    evidence=Evidence.NONE,
    reason="none",
    message="",
    device_reasons=(),
    attempts=0,
    pages=None,
    pages_total=3,
    rendition="",
    resend=Resend.AT_LEAST_ONCE,
    created=0.0,
    updated=0.0,
    started=None,
    ended=None,
    next_try=None,
)


def make_job(state: JobState, *reasons: str) -> JobView:
    """A job in this state, for these reasons."""
    return JobView(
        id="j",
        title="Notice",
        sender="ann",
        state=state,
        reasons=reasons,
        priority=Priority.NORMAL,
        options=PrintOptions(),
        groups=("Sales",),
        counts=Counts(pending=1),
        documents=(),
        keep=False,
        held=False,
        document_erased=False,
        created=0.0,
        updated=0.0,
        not_before=None,
        deadline=None,
        ended=None,
    )
