"""A scanner that speaks eSCL: a job is posted, its pages are fetched one by one until there are no more (§6)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from http import HTTPStatus

from distwire.scan.contract import Capabilities, Limits, RawPage, ScanJob, ScanOrder, Source
from distwire.scan.escl.address import Address, read_path
from distwire.scan.escl.description import JPEG, Description, read_description
from distwire.scan.escl.exchange import Exchange, Reply, Trust
from distwire.scan.escl.settings import write_settings
from distwire.scan.escl.status import Status, read_status
from distwire.scan.faults import BrokenAnswer, Fault, FeedFault, LimitExceeded, ScanError, ScannerBusy

_POLL_SECONDS = 0.5
_LONGEST_WAIT = 10.0
_LAST_SHEET_SECONDS = 3.0
_BUSY_SECONDS = 10.0
_OVER = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class EsclScanner:
    """One device at one address."""

    def __init__(self, address: Address, trust: Trust | None = None, limits: Limits | None = None) -> None:
        self._address = address
        self._trust = trust or Trust()
        self._limits = limits or Limits()
        self._description: Description | None = None

    @property
    def uri(self) -> str:
        """Its address."""
        return self._address.uri

    def describe(self) -> Capabilities:
        """Ask for `ScannerCapabilities`, once."""
        return self._describe(self._connect(self._limits)).capabilities

    def sense_source(self, capabilities: Capabilities) -> Source:
        """The feeder when its state says that paper lies in it."""
        status = self._read_status(self._connect(self._limits))
        return Source.ADF if status.has_paper and capabilities.find_source(Source.ADF) else Source.PLATEN

    def scan(self, order: ScanOrder) -> Generator[RawPage, None, None]:
        """Post a job and fetch its pages."""
        exchange = Exchange(self._address, order.limits, self._trust, order.stop)
        path = self._post(exchange, order)
        ended = False
        try:
            yield from self._fetch_all(exchange, path, order)
            ended = True
        finally:
            if not ended:
                with contextlib.suppress(ScanError):  # by another exchange: this one may have been stopped
                    self._connect(order.limits).request("DELETE", path)

    def _connect(self, limits: Limits) -> Exchange:
        return Exchange(self._address, limits, self._trust)

    def _describe(self, exchange: Exchange) -> Description:
        if self._description is None:
            reply = exchange.request("GET", f"{self._address.root}/ScannerCapabilities")
            if reply.status != HTTPStatus.OK:
                raise BrokenAnswer(f"{self.uri} is no eSCL scanner: it answers {reply.status}")
            self._description = read_description(reply.body, self.uri)
        return self._description

    def _read_status(self, exchange: Exchange) -> Status:
        reply = exchange.request("GET", f"{self._address.root}/ScannerStatus")
        if reply.status != HTTPStatus.OK:
            raise BrokenAnswer(f"{self.uri} does not say how it is: it answers {reply.status}")
        return read_status(reply.body)

    def _post(self, exchange: Exchange, order: ScanOrder) -> str:
        """Make the job; the path of its resource, always on the host that was asked, whatever host it names."""
        base = f"{self._address.root}/ScanJobs"
        reply = self._offer(exchange, base, order)
        if reply.status == HTTPStatus.CREATED:
            path = read_path(reply.headers.get("location", ""), base)
            if not path or path == base:
                raise BrokenAnswer("the scanner took the job, but does not say where its pages are")
            return path
        job, status = order.job, self._read_status(exchange)
        if job.source is Source.ADF and status.fault is not None:
            raise FeedFault(status.fault)
        if reply.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT):
            raise ScannerBusy("the scanner is at work for somebody else: try again when it has ended")
        raise BrokenAnswer(f"the scanner refuses the job: it answers {reply.status}")

    def _offer(self, exchange: Exchange, base: str, order: ScanOrder) -> Reply:
        """Post the settings; a scanner that answers 503 may be at the end of another job, or warming up."""
        settings = write_settings(order.job, self._describe(exchange))
        deadline = time.monotonic() + min(_BUSY_SECONDS, order.limits.answer_seconds)
        while True:
            reply = exchange.request("POST", base, settings)
            if reply.status != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                return reply
            order.wait(_read_pause(reply))

    def _fetch_all(self, exchange: Exchange, path: str, order: ScanOrder) -> Generator[RawPage, None, None]:
        read = 0
        while order.job.source is Source.ADF or not read:
            page = self._fetch_next(exchange, path, order, read)
            if page is None:
                return
            read += 1
            yield page
        with contextlib.suppress(ScanError):
            exchange.request("DELETE", path)  # the platen has one page: some hold the job until it is asked for more

    def _fetch_next(self, exchange: Exchange, path: str, order: ScanOrder, read: int) -> RawPage | None:
        """The next page, or None at the end of the stack. Waits while the scanner is not ready with it."""
        begun = time.monotonic()
        while True:
            order.wait(0)
            target = order.folder / f"escl-{time.monotonic_ns()}.jpg"
            reply = exchange.fetch(f"{path}/NextDocument", target)
            if reply.status == HTTPStatus.OK:
                if reply.media_type not in (JPEG, "image/jpg"):
                    target.unlink()
                    raise BrokenAnswer(f"the scanner sends {reply.media_type[:60] or 'no type'}; JPEG was asked for")
                return RawPage(target, order.job.resolution)
            status = self._read_status(exchange)
            _raise_fault(status, order.job)
            waited = time.monotonic() - begun
            if waited >= _judge_patience(reply, status, path, order):
                _check_end(reply, status, order, read)
                return None
            order.wait(_read_pause(reply))


def _judge_patience(reply: Reply, status: Status, path: str, order: ScanOrder) -> float:
    """For how many seconds in all a page may be waited for after such an answer; 0 when there are no more.

    503 says that it is being read (§6.4). Some answer 404 when they are asked too soon: then their job goes on by its
    own word; but there are also those whose job never ends by it.
    """
    abortion = status.find_abortion(path)
    if abortion is not None:
        raise BrokenAnswer(f"the scanner gave up: {abortion}")
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return order.limits.page_seconds
    empty = status.fault is Fault.FEEDER_EMPTY
    if reply.status in _OVER or (reply.status == HTTPStatus.CONFLICT and empty):
        if not status.is_under_way(path):
            return 0
        return min(_LAST_SHEET_SECONDS, order.limits.answer_seconds) if empty else order.limits.answer_seconds
    raise BrokenAnswer(f"the scanner answers {reply.status} where a page should be")


def _check_end(reply: Reply, status: Status, order: ScanOrder, read: int) -> None:
    """Raise what makes of an end an error: patience that has run out, or that no page came at all."""
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise LimitExceeded(f"the scanner has no page ready after {order.limits.page_seconds:g} s")
    if not read:
        if order.job.source is Source.ADF and status.fault is not None:
            raise FeedFault(status.fault)
        raise BrokenAnswer("the scanner ends the scan without a page")


def _raise_fault(status: Status, job: ScanJob) -> None:
    """An empty feeder is none here: the last sheet may be on its way, and a stack ends so."""
    fault = status.fault
    if job.source is Source.ADF and fault is not None and fault is not Fault.FEEDER_EMPTY:
        raise FeedFault(fault)


def _read_pause(reply: Reply) -> float:
    said = reply.headers.get("retry-after", "")
    return min(float(said), _LONGEST_WAIT) if said.isascii() and said.isdigit() else _POLL_SECONDS
