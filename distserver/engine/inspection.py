"""What will happen to a document for a destination, and why: asked by people, before they send (SPEC D15)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from distserver.deliver.registry import Registry, can_deliver
from distserver.engine.terms import Terms
from distserver.engine.waiting import check_pages, wait_for_window
from distserver.engine.work import TransportRules, make_target
from distserver.errors import DeliveryError, SetupError
from distserver.groups.destinations import DestinationRule, DestinationRules
from distserver.groups.numbers import explain_bar, find_digits, is_barred
from distserver.groups.secrets import Secrets
from distserver.model.address import Destination
from distserver.model.capabilities import Capabilities
from distserver.model.documents import Document, PrintOptions, RenditionClass
from distserver.model.limits import DocumentLimits, read_limits
from distserver.model.states import Priority, Reason
from distserver.plan.classify import choose_class
from distserver.plan.hindrance import hinders

_ASK_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class SaidOption:
    """An option, and which line says it: `destinations.rec:4`, `all.rec:12`. The last of a key `counts`."""

    key: str
    value: str
    origin: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Showing:
    """What holds for a destination now. `secret` is whether one is wanted and had, `fault` why it is not to be had;
    `starts` is when a delivery of each priority may begin, in seconds since the epoch. Of a telephone number, `dialled`
    is what a modem is given, and `bar` the words where it is not called."""

    destination: Destination
    deliverable: bool
    named: bool
    rules: tuple[DestinationRule, ...]
    options: tuple[SaidOption, ...]
    limits: DocumentLimits
    secret: bool
    fault: str
    starts: Mapping[Priority, float]
    dialled: str = ""
    bar: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What the destination says when it is asked now. `reason` and `message` say why it could not be asked, why nothing
    would be sent just now, or why this document would be refused; empty when it would go."""

    capabilities: Capabilities | None = None
    klass: RenditionClass | None = None
    reason: str = ""
    message: str = ""


class DestinationInspector:
    """Looks with the eyes of a worker, from the web process. `ask` blocks, and opens channels of its own."""

    def __init__(
        self,
        rules: Callable[[], DestinationRules],
        secrets: Secrets,
        transport: TransportRules,
        clock: Callable[[], float],
        open_channels: Callable[[], Registry] = Registry,
    ) -> None:
        self._rules = rules
        self._secrets = secrets
        self._transport = transport
        self._clock = clock
        self._open_channels = open_channels

    def show(self, where: Destination, origin: str, file: str) -> Showing:
        """By the lines: `origin` is the place of the group's own, `file` the name of the registry's."""
        known, country = self._rules(), self._transport.country
        rules = known.find(where, country)
        said = [(key, value, f"{file}:{rule.number}") for rule in rules for key, value in rule.options]
        said += [(key, value, origin) for key, value in where.options]
        last = {key: number for number, (key, _, _) in enumerate(said)}
        options = tuple(SaidOption(*one, counts=last[one[0]] == number) for number, one in enumerate(said))
        whole = where.under(known.options(where, country))
        secret, fault = self._try_secret(whole)
        now = self._clock()
        return Showing(
            destination=whole,
            deliverable=can_deliver(where.address.channel),
            named=known.names(where, country),
            rules=rules,
            options=options,
            limits=read_limits(whole.options),
            secret=secret,
            fault=fault,
            starts={one: _find_start(whole, one, now) for one in Priority},
            dialled=find_digits(whole, country),
            bar=explain_bar(whole) if is_barred(whole) else "",
        )

    def ask(self, showing: Showing, documents: Sequence[Document]) -> Trial:
        """Ask the destination now, and see what these documents would become. Sends nothing."""
        if showing.bar:
            return Trial(reason=Reason.NUMBER_BARRED.value, message=showing.bar)
        if showing.fault:
            return Trial(reason=Reason.SECRET_MISSING.value, message=showing.fault)
        where = showing.destination
        terms = Terms(where, showing.named, self._secrets.resolve(where.option("secret")))
        try:
            said = asyncio.run(self._describe(terms))
        except TimeoutError:
            return Trial(reason=Reason.TIMED_OUT.value, message="no answer within two minutes")
        except DeliveryError as error:
            return Trial(reason=error.reason, message=str(error))
        return _judge(showing, said, documents)

    async def _describe(self, terms: Terms) -> Capabilities:
        registry = self._open_channels()
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                channel = registry.get(terms.destination.address.channel)
                return await channel.describe(make_target(terms, None, self._transport))
        finally:
            await registry.close()

    def _try_secret(self, whole: Destination) -> tuple[bool, str]:
        try:
            return self._secrets.resolve(whole.option("secret")) is not None, ""
        except SetupError as error:
            return True, str(error)


def _find_start(whole: Destination, priority: Priority, now: float) -> float:
    waiting = wait_for_window(whole.options, priority, now)
    return now if waiting is None else waiting.until


def _judge(showing: Showing, said: Capabilities, documents: Sequence[Document]) -> Trial:
    options = showing.destination.options
    asked = PrintOptions().at(options)
    hindrance = hinders(said)
    try:
        refused = check_pages(showing.limits, asked, documents)
        copies = asked.copies if asked.copies > said.copies_max else 1
        klass = choose_class(said, documents, asked, options, copies)
    except DeliveryError as error:
        return Trial(said, reason=error.reason, message=str(error))
    if refused is not None:
        return Trial(said, klass, str(refused.reason), refused.message)
    return Trial(said, klass, hindrance or "")
