"""Speaks multicast DNS: asks whether names are free, announces, withdraws, and hears when a name is contested.

zeroconf has the sockets, the codec, the cache and the answers to questions. Its own way of registering asks, for each
printer, for all printers of the network, and does not hear of a name that is contested later: these two are done here,
for many names in one packet (RFC 6762 §8, §9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from zeroconf import Error, RecordUpdate, RecordUpdateListener, Zeroconf
from zeroconf._dns import DNSQuestion, DNSService, DNSText
from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.asyncio import AsyncZeroconf

from distserver.errors import LaterError
from distserver.intake.ipp.announcement.reach import Reach
from distserver.intake.ipp.announcement.record import Records

_QUERY, _ANSWER = 0x0000, 0x8400
_ANY, _SRV, _TXT, _IN = 255, 33, 16, 1
_TOGETHER = 8  # printers in one message, that of some packets
_GOODBYE = 0


class DnssdUnavailable(LaterError):
    """Nothing can be announced just now; the message says why."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `probe`: between two of the three questions whether a name is free; `again`: until what was announced is
    told a second time (what comes twice within one second, zeroconf takes for one); `breath`: between two messages;
    `echo`: within which our own words come back; `look`: between two looks at the interfaces; `retry`: the first pause
    after a failure, that doubles up to `patience`."""

    probe: float = 0.25
    again: float = 1.2
    breath: float = 0.03
    echo: float = 2.0
    look: float = 15.0
    retry: float = 5.0
    patience: float = 300.0


class Responder:
    """What is announced over the sockets of one `Reach`. `contested` is called, on the loop, after a name of ours was
    heard from somebody else; `take_contests` tells which."""

    def __init__(self, zeroconf: AsyncZeroconf, pace: Pace, contested: Callable[[], None]) -> None:
        self._aio, self._zeroconf, self._pace = zeroconf, zeroconf.zeroconf, pace
        self._mine: dict[str, DNSService] = {}
        self._asked: dict[str, DNSService] = {}
        self._taken: set[str] = set()
        self._contests: dict[str, DNSService] = {}
        self._contested = contested
        self._echo = asyncio.Event()
        self._zeroconf.async_add_listener(_Ear(self._hear), None)

    @staticmethod
    async def open(reach: Reach, pace: Pace, contested: Callable[[], None]) -> Responder:
        """Raises `DnssdUnavailable`."""
        try:
            zeroconf = AsyncZeroconf(interfaces=list(reach.speakers))
        except (OSError, RuntimeError, Error) as error:
            raise DnssdUnavailable(f"the port of multicast DNS cannot be used: {error}") from error
        responder = Responder(zeroconf, pace, contested)  # which hears all from the first packet on
        try:
            await zeroconf.zeroconf.async_wait_for_start()
        except (OSError, RuntimeError, Error, TimeoutError) as error:
            await zeroconf.async_close()
            raise DnssdUnavailable(f"multicast DNS does not start: {error}") from error
        return responder

    async def close(self, *, goodbye: bool) -> None:
        """Withdraw everything, if wanted, and give the sockets back."""
        if not goodbye:
            self._zeroconf.registry.async_remove(self._zeroconf.registry.async_get_service_infos())
        await self._aio.async_close()

    async def find_taken(self, wanted: Sequence[Records]) -> set[str]:
        """The keys among these that somebody else answers to."""
        self._asked = {info.key: info.dns_service() for records in wanted for info in records.services}
        self._taken = set()
        try:
            for _ in range(3):
                for chunk in _cut(wanted):
                    self._send(_make_probe(chunk))
                    await asyncio.sleep(self._pace.breath)
                await asyncio.sleep(self._pace.probe)
            return set(self._taken)
        finally:
            self._asked = {}

    async def announce(self, wanted: Sequence[Records]) -> None:
        """Tell of these, now and once more a little later; from now on questions about them are answered.

        Raises `DnssdUnavailable` when our own words do not come back: then nobody hears them.
        """
        for records in wanted:
            for info in records.all:
                self._zeroconf.registry.async_update(info)
            self._mine |= {info.key: info.dns_service() for info in records.services}
        await self._tell(wanted)
        try:
            async with asyncio.timeout(self._pace.echo):
                await self._echo.wait()
        except TimeoutError:
            raise DnssdUnavailable(
                "what is sent to the multicast address 224.0.0.251 does not come back: no network takes multicast here"
            ) from None
        asyncio.get_running_loop().call_later(self._pace.again, self._tell_again, tuple(wanted))

    async def withdraw(self, ended: Sequence[Records], *, kept: frozenset[str] = frozenset()) -> None:
        """Say goodbye for these, except for the keys `kept`, which stay ours."""
        for records in ended:
            self._zeroconf.registry.async_remove(list(records.all))
            for info in records.services:
                self._mine.pop(info.key, None)
        for _ in range(2):
            for chunk in _cut(ended):
                self._send(_make_answer(chunk, _GOODBYE, kept))
                await asyncio.sleep(self._pace.breath)

    async def give_way(self, lost: Records, contested: frozenset[str]) -> None:
        """Take a name back of which somebody else has the keys `contested`: of these, our own records alone are ended,
        and not the pointers, which are theirs too."""
        message = DNSOutgoing(_ANSWER)
        for info in lost.services:
            if info.key in contested:
                ours = info.dns_service()
                message.add_answer_at_time(
                    DNSService(info.name, _SRV, _IN, _GOODBYE, ours.priority, ours.weight, ours.port, ours.server), 0
                )
                message.add_answer_at_time(DNSText(info.name, _TXT, _IN, _GOODBYE, info.text), 0)
        await self.withdraw([lost], kept=_with_pointers(lost, contested))
        self._send(message)

    async def replace(self, old: Records, new: Records) -> None:
        """Tell of a printer's new records, under the same name."""
        kept = frozenset(info.key for info in new.all)
        if any(info.key not in kept for info in old.all):
            await self.withdraw([old], kept=kept)
        await self.announce([new])

    def take_contests(self) -> dict[str, DNSService]:
        """The keys of ours that somebody else has claimed since the last call, with what they say."""
        contests, self._contests = self._contests, {}
        return contests

    async def _tell(self, wanted: Sequence[Records]) -> None:
        for chunk in _cut(wanted):
            self._send(_make_answer(chunk))
            await asyncio.sleep(self._pace.breath)

    def _tell_again(self, wanted: Sequence[Records]) -> None:
        """What is still so; without pauses, for it is sent from a timer."""
        registered = self._zeroconf.registry.async_get_info_name
        for chunk in _cut([one for one in wanted if all(registered(info.key) is info for info in one.services)]):
            self._send(_make_answer(chunk))

    def _send(self, message: DNSOutgoing) -> None:
        """Not once the sockets are closed."""
        if message.questions or message.answers:
            self._zeroconf.async_send(message)

    def _hear(self, record: DNSService) -> None:
        """Somebody, perhaps we ourselves, said where a service is."""
        if record.key in self._mine:
            if _is_same(record, self._mine[record.key]):
                self._echo.set()
            else:
                self._contests[record.key] = record
                self._contested()
        elif record.key in self._asked and not _is_same(record, self._asked[record.key]):
            self._taken.add(record.key)


class _Ear(RecordUpdateListener):
    """Hands on each SRV record that is heard and does not say goodbye."""

    def __init__(self, hear: Callable[[DNSService], None]) -> None:
        super().__init__()
        self._hear = hear

    def async_update_records(self, zc: Zeroconf, now: float, records: list[RecordUpdate]) -> None:
        for update in records:
            if isinstance(update.new, DNSService) and not update.new.is_expired(now):
                self._hear(update.new)

    def async_update_records_complete(self) -> None:
        return


def is_stronger(ours: DNSService, theirs: DNSService) -> bool:
    """Who keeps a name that two have announced. Both sides must tell alike, from whichever of a printer's records: the
    server's name comes before its port, which is another one for each type."""
    return _rank(ours) > _rank(theirs)


def _rank(record: DNSService) -> tuple[bytes, int, int, int]:
    return record.server.lower().encode(), record.port, record.priority, record.weight


def _is_same(one: DNSService, other: DNSService) -> bool:
    return _rank(one) == _rank(other)


def _make_probe(chunk: Iterable[Records]) -> DNSOutgoing:
    """Asks for anything of these names. Answers go to all: those to us alone would reach any of the programs that share
    the port on this machine."""
    message = DNSOutgoing(_QUERY)
    for records in chunk:
        for info in records.services:
            message.add_question(DNSQuestion(info.name, _ANY, _IN))
            message.authorities.append(info.dns_service())  # type: ignore[arg-type]  # its own method takes PTR alone
    return message


def _make_answer(chunk: Sequence[Records], ttl: int | None = None, kept: frozenset[str] = frozenset()) -> DNSOutgoing:
    message = DNSOutgoing(_ANSWER)
    for records in chunk:
        for info in records.all:
            if info.key not in kept:
                message.add_answer_at_time(info.dns_pointer(ttl), 0)
        for info in records.services:
            if info.key not in kept:
                message.add_answer_at_time(info.dns_service(ttl), 0)
                message.add_answer_at_time(info.dns_text(ttl), 0)
    if chunk and ttl != _GOODBYE:
        for address in chunk[0].services[0].dns_addresses():
            message.add_answer_at_time(address, 0)
    return message


def _with_pointers(records: Records, keys: frozenset[str]) -> frozenset[str]:
    """These keys, and those of the subtypes of the same services."""
    names = {info.name for info in records.services if info.key in keys}
    return keys | {info.key for info in records.pointers if info.name in names}


def _cut(wanted: Sequence[Records]) -> Iterable[Sequence[Records]]:
    return (wanted[start : start + _TOGETHER] for start in range(0, len(wanted), _TOGETHER))
