"""The one place that builds store, engine, channels and services, and hands them out."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from distserver.accounts.cards import Cards
from distserver.accounts.enrolments import Enrolments
from distserver.accounts.grants import Grants
from distserver.accounts.seal import build_seal
from distserver.accounts.service import Accounts
from distserver.deliver.contract import Timeouts
from distserver.deliver.registry import Registry
from distserver.engine.capabilities import CapabilityCache
from distserver.engine.dispatch import Dispatcher, Room
from distserver.engine.guardian import Guardian, Rhythm
from distserver.engine.inspection import DestinationInspector
from distserver.engine.lease import Lease
from distserver.engine.probes import Prober
from distserver.engine.runtime import Worker, new_executor_id
from distserver.engine.terms import make_terms
from distserver.engine.watchlist import this_host
from distserver.engine.work import Kit, TransportRules
from distserver.errors import Forbidden, LaterError, SetupError
from distserver.groups.destinations_file import DestinationsFile
from distserver.groups.edit import GroupChange, GroupEditor
from distserver.groups.index import GroupIndex
from distserver.groups.numbers import explain_bar, find_barred, find_number
from distserver.groups.owners import canonical_address, read_addresses
from distserver.groups.secrets import Secrets
from distserver.jobs.attendance import AttendanceList
from distserver.jobs.copies import LocalCopies
from distserver.jobs.destination_rules import RuleBook, RulePublisher
from distserver.jobs.destinations import Destinations
from distserver.jobs.fax_calls import FaxCalls
from distserver.jobs.incoming import Incoming
from distserver.jobs.lanes import BounceRules
from distserver.jobs.ledger import Ledger, LedgerRules
from distserver.jobs.letters import Letters
from distserver.jobs.mailbox import PcMailbox
from distserver.jobs.notices import Notices
from distserver.jobs.query import JobQuery
from distserver.jobs.quota_rules import read_quota_rules
from distserver.jobs.received_faxes import ReceivedFaxes
from distserver.jobs.recipients import Recipients
from distserver.jobs.service import JobService, Rules
from distserver.jobs.stops import Stops
from distserver.jobs.suspensions import Suspensions
from distserver.jobs.upkeep import Upkeep
from distserver.model.address import Channel, Destination
from distserver.model.counting import CONVERSION_CPU, CONVERSIONS, Tally, name_class
from distserver.model.documents import Document
from distserver.model.jobs import GUEST, Actor, PlannedDelivery, Submission
from distserver.model.states import Resend
from distserver.plan.expand import ChosenGroup, apply_rules, expand
from distserver.render.contract import Conversion, RenderLimits
from distserver.render.renderer import Renderer
from distserver.report.mail import MailServer, MailTls
from distserver.report.metrics import metrics_text
from distserver.report.teller import House, Teller
from distserver.services import Services
from distserver.settings import SettingInfo, Settings
from distserver.store import audit, counters
from distserver.store.ballast import Ballast
from distserver.store.choice import Limits
from distserver.store.clock import DatabaseClock
from distserver.store.database import Database
from distserver.store.executors import Executor
from distserver.store.fetch import make_fetcher
from distserver.store.presence import DocumentPresence
from distserver.store.spool import Spool, Upload
from distserver.store.wake import Bell, Listener

log = logging.getLogger(__name__)

_LARGEST_BALLAST = 16 << 20
_LOCK_SHARE = 1 / 8  # of a lease, that its watch waits for others' locks before it goes on to what comes next

_WEB_LOCK_SECONDS = 15.0
"""A worker that is stopped in the middle of a commit, and that nobody takes for dead yet, has its jobs locked: those
who would change them hear *later*; else the web process would soon have no thread left for the others."""


def build_spool(settings: Settings) -> Spool:
    return Spool(settings.home / "spool", reserve_mb=settings.spool_reserve_mb)


def make_ballast(settings: Settings) -> Ballast:
    """A quarter of the reserve is kept from everybody else on the disk."""
    return Ballast(settings.home / "store" / "ballast", min(_LARGEST_BALLAST, (settings.spool_reserve_mb << 20) // 4))


def build_renderer(settings: Settings, database: Database, spool: Spool) -> Renderer:
    """The render stage, its conversions counted in the database."""
    limits = RenderLimits(
        cpu_seconds=settings.render_cpu_seconds,
        wall_seconds=settings.render_wall_seconds,
        memory_mb=settings.render_memory_mb,
        pages=settings.max_pages,
        parallel=settings.render_children,
    )
    return Renderer(spool, _ConversionLog(database), limits)


class _ConversionLog:
    """The render stage's book of conversions, kept in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, conversion: Conversion) -> None:
        key = conversion.class_key
        kinds = (name_class(key), key.partition(";")[0], conversion.outcome)
        tally = Tally()
        tally.count(CONVERSIONS, *kinds)
        tally.count(CONVERSION_CPU, *kinds, by=conversion.cpu_seconds)
        try:
            with self._database.begin() as connection:
                counters.add(connection, tally)
        except LaterError as error:  # what was made is there: it must not be lost for a line in a book
            log.warning("conversion-not-recorded", {"class": key, "error": str(error)})


def build_services(settings: Settings, infos: tuple[SettingInfo, ...] = ()) -> Services:
    """What a web process works with. The home must be prepared."""
    database = Database(settings.database_url, durable=True, lock_seconds=_WEB_LOCK_SECONDS)
    bell, clock = Bell(database), DatabaseClock(database)
    spool = build_spool(settings)
    renderer = build_renderer(settings, database, spool)
    index = GroupIndex(settings.groups_dir, country=settings.country)
    teller = _build_teller(settings, Notices(database, clock.now), index)
    loop = _background_loop()
    seal = build_seal(settings.home)
    rules = RulePublisher(DestinationsFile(settings.destinations_path), database, clock.now, bell.ring)
    rules.plan = partial(_plan_alone, rules, Resend(settings.resend), settings.country)
    index.start()
    rules.start()

    def admit(upload: Upload, name: str) -> Document:
        facts = renderer.inspect(upload.finish())
        return Document(upload.digest, upload.size, facts.format, name, facts.pages, facts.raster)

    def thumbnail(documents: tuple[Document, ...]) -> Path:
        return asyncio.run_coroutine_threadsafe(renderer.thumbnail(documents), loop).result(timeout=120)

    def record_edit(change: GroupChange) -> None:
        with database.begin() as connection:
            detail = f"{change.before or '-'} -> {change.after or '-'}"
            audit.record(connection, change.at, change.who, f"group-{change.action}", change.file, detail)

    job_rules = Rules(settings.deadline_hours * 3600, read_quota_rules(settings), clock.now)
    expand_now, allow_now = (
        partial(_expand, index, rules, Resend(settings.resend), settings.country),
        partial(_allow, index),
    )
    attendance = AttendanceList(database, bell.ring, clock.now, max(1, settings.web_threads // 4))
    jobs = JobService(database, spool, expand_now, bell.ring, job_rules, allow_now)

    def close() -> None:
        if teller is not None:
            teller.stop()
        attendance.close()
        index.stop()
        rules.stop()
        renderer.close()
        loop.call_soon_threadsafe(loop.stop)
        database.close()

    return Services(
        settings=settings,
        setting_infos=infos,
        database=database,
        spool=spool,
        groups=index,
        editor=GroupEditor(settings.groups_dir, record_edit, index=index),
        accounts=Accounts(database),
        grants=Grants(database, seal, clock.now),
        cards=Cards(database, seal, clock.now),
        enrolments=Enrolments(database, seal, lambda device: index.snapshot().find_line(device), clock.now),
        jobs=jobs,
        incoming=Incoming(database, spool, jobs, clock.now),
        query=JobQuery(database),
        destinations=Destinations(database, bell.ring, clock.now),
        inspector=DestinationInspector(
            lambda: rules.rules,
            Secrets(settings.secrets_path),
            TransportRules(_timeouts(settings), settings.tls, settings.country),
            clock.now,
            lambda: Registry(PcMailbox(database, spool, clock.now)),
        ),
        recipients=Recipients(database, expand_now, allow_now),
        stops=Stops(database, bell.ring, clock.now),
        letters=Letters(database, spool, attendance, bell.ring),
        faxes=ReceivedFaxes(database, clock.now),
        fax_calls=FaxCalls(database),
        admit=admit,
        thumbnail=thumbnail,
        metrics=lambda: metrics_text(database, spool, clock.now()),
        teller=teller,
        clock=clock.now,
        close=close,
    )


def _expand(
    index: GroupIndex, registry: RulePublisher, resend: Resend, country: str, submission: Submission
) -> Sequence[PlannedDelivery]:
    """See `jobs.service.Expand`: by the groups as they are now."""
    snapshot = index.snapshot()
    groups = map(snapshot.find, submission.groups)
    chosen = [ChosenGroup(group.name, group.file, snapshot.members(group)) for group in groups]
    known = filter(None, (snapshot.find_known(one.address.uri) for one in submission.addressed))
    singles = [*map(snapshot.find_destination, submission.destinations), *known]
    addressed, options = submission.addressed, submission.asked
    identify = partial(_identify, registry, country)
    planned = expand(chosen, singles, resend, addressed=addressed, options=options, identify=identify)
    planned = apply_rules(planned, partial(registry.rules.options, country=country))
    if (barred := find_barred(planned)) is not None:
        raise Forbidden(explain_bar(barred))
    return planned


def _identify(registry: RulePublisher, country: str, where: Destination) -> str:
    """See `plan.expand.Identify`: a telephone number is one number in each of its forms."""
    if where.address.channel is not Channel.FAX:
        return where.address.uri
    return find_number(where.under(registry.rules.options(where, country)), country) or where.address.uri


def _plan_alone(registry: RulePublisher, resend: Resend, country: str, where: Destination) -> PlannedDelivery:
    """See `store.destination_rules.Plan`."""
    return apply_rules(expand((), [where], resend), partial(registry.rules.options, country=country))[0]


def _allow(index: GroupIndex, submission: Submission, by: Actor) -> dict[str, str]:
    """See `jobs.service.Allow`: who comes as a guest was let in at the door."""
    snapshot = index.snapshot()
    groups = {group.file: group for group in map(snapshot.find, submission.groups)}
    for group in groups.values():
        if by.role != GUEST and not group.access.lets_send(by.name, by.role):
            raise Forbidden(f"{by.name} may not send to '{group.name}': its file names who may")
    return {file: group.name for file, group in groups.items()}


def _build_teller(settings: Settings, notices: Notices, index: GroupIndex) -> Teller | None:
    """Who mails notices; None without a mail server. Raises `SetupError` when an address in the settings is none."""
    server = build_mail_server(settings)
    default = read_addresses(settings.notice_mail)
    if default.faults:
        raise SetupError(f"notice_mail: {default.faults[0]}")
    if server is None:
        return None
    house = House(settings.board_url, default.addresses)
    return Teller(notices, index.snapshot, server, house)


def build_mail_server(settings: Settings) -> MailServer | None:
    """Where mail is handed in, if anywhere. Raises `SetupError` when the sender's address is none."""
    if not settings.mail_host:
        return None
    wanted = settings.mail_from or f"distserver@{socket.getfqdn()}"
    sender = canonical_address(wanted)
    if sender is None:
        raise SetupError(f"mail_from: '{wanted}' is no mail address: write it as name@example.org")
    return MailServer(
        settings.mail_host,
        settings.mail_port,
        MailTls(settings.mail_tls),
        sender,
        settings.mail_user,
        settings.mail_password_file,
    )


def _background_loop() -> asyncio.AbstractEventLoop:
    """An event loop in a thread of its own, for the few asynchronous calls of a web process."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        loop.run_forever()
        loop.close()

    threading.Thread(target=run, name="render-loop", daemon=True).start()
    return loop


def build_worker(settings: Settings) -> Worker:
    """What a worker process runs. The home must be prepared."""
    name = new_executor_id()
    database = Database(settings.database_url, durable=False, pool=24, name=name)
    watch = _database_of_watch(settings, name)
    spool = build_spool(settings)
    renderer = build_renderer(settings, database, spool)
    clock = DatabaseClock(database)
    now = clock.now()
    itself = Executor(name, this_host(), os.getpid(), now, now)
    bounce = BounceRules(settings.suspend_score, settings.probe_seconds)
    limits = Limits(settings.host_deliveries, settings.subnet_deliveries)
    ledger = Ledger(database, itself.id, clock, LedgerRules(limits, bounce))
    fetcher = make_fetcher(spool, settings.documents_url, settings.documents_token_file)
    copies = None if fetcher is None else LocalCopies(watch, spool, renderer.discard)
    upkeep = Upkeep(watch, spool, renderer.discard, settings.failed_document_hours * 3600, copies)
    lease = Lease(settings.lease_seconds)
    book = RuleBook(watch)
    mailbox = PcMailbox(database, spool, clock)
    presence = DocumentPresence(spool, fetcher)
    kit = Kit(
        ledger=ledger,
        registry=Registry(mailbox),
        capabilities=CapabilityCache(settings.capability_seconds, clock, ledger.remember),
        renderer=renderer,
        transport=TransportRules(_timeouts(settings), settings.tls, settings.country),
        bring=presence.ensure,
        may_send=lease.holds,
        clock=clock,
        find_terms=make_terms(lambda: book.rules, Secrets(settings.secrets_path), settings.country),
    )
    dispatcher = Dispatcher(kit, Room(settings.worker_deliveries, settings.urgent_deliveries))
    book.wake = dispatcher.wake
    book.start()
    beat = min(settings.executor_beat_seconds, settings.lease_seconds / 4)
    rhythm = Rhythm(beat, settings.lease_seconds, settings.ended_job_days)
    guardian = Guardian(watch, ledger, upkeep, lease, itself, rhythm)
    guardian.keep_time = clock.ask
    guardian.follow_time = clock.follow
    if database.sqlite:
        guardian.make_room = make_ballast(settings).trim

    def hear() -> None:
        dispatcher.wake()
        mailbox.wake()

    return Worker(
        ledger,
        dispatcher,
        Prober(kit, Suspensions(database, bounce), dispatcher.wake),
        guardian,
        Listener(database, hear),
        presence.close,
    )


def _database_of_watch(settings: Settings, name: str) -> Database:
    """The guardian's own connections: neither a full pool nor the locks of a worker that is stopped may keep it from
    its signs of life, or from finding that one dead."""
    return Database(
        settings.database_url, durable=False, pool=3, name=name, lock_seconds=settings.lease_seconds * _LOCK_SHARE
    )


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        settings.connect_seconds, settings.first_byte_seconds, settings.idle_seconds, settings.follow_seconds
    )
