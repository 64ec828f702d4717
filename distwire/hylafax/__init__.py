"""The client protocol of HylaFAX (hfaxd(8), port 4559): FTP (RFC 959) with jobs and events, over asyncio, streaming."""

from distwire.hylafax.connection import PORT, HylaFaxConnection, Login
from distwire.hylafax.events import JOB_EVENTS, MISSED, Event, EventCode, EventStream
from distwire.hylafax.failures import HylaFaxError, HylaFaxLost, HylaFaxRefused, HylaFaxUnreachable
from distwire.hylafax.job import JobState, JobTicket, JobView
from distwire.hylafax.received import ReceivedFax
from distwire.hylafax.transfer_log import Transfer

__all__ = [
    "JOB_EVENTS",
    "MISSED",
    "PORT",
    "Event",
    "EventCode",
    "EventStream",
    "HylaFaxConnection",
    "HylaFaxError",
    "HylaFaxLost",
    "HylaFaxRefused",
    "HylaFaxUnreachable",
    "JobState",
    "JobTicket",
    "JobView",
    "Login",
    "ReceivedFax",
    "Transfer",
]
