"""What the rims (API, board, command line) work with; `compose` builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from distserver.accounts.cards import Cards
from distserver.accounts.enrolments import Enrolments
from distserver.accounts.grants import Grants
from distserver.accounts.service import Accounts
from distserver.engine.inspection import DestinationInspector
from distserver.groups.edit import GroupEditor
from distserver.groups.index import GroupIndex
from distserver.jobs.destinations import Destinations
from distserver.jobs.fax_calls import FaxCalls
from distserver.jobs.incoming import Incoming
from distserver.jobs.letters import Letters
from distserver.jobs.query import JobQuery
from distserver.jobs.received_faxes import ReceivedFaxes
from distserver.jobs.recipients import Recipients
from distserver.jobs.service import JobService
from distserver.jobs.stops import Stops
from distserver.model.documents import Document
from distserver.report.teller import Teller
from distserver.settings import SettingInfo, Settings
from distserver.store.database import Database
from distserver.store.spool import Spool, Upload


@dataclass(frozen=True, slots=True)
class Services:
    """One process's view of the system.

    `admit` looks into a finished upload and answers its `Document` (format by content, pages), raising
    `DocumentRefused`; the second argument is the file name people gave. `thumbnail` answers the path of a PNG of
    page 1 of the documents of a job. `inspector` tells what holds for a destination.
    `metrics` answers the Prometheus text. `teller` mails notices once it is started;
    None when there is no mail server. `clock` is the time by which everything in the database goes, whatever this
    machine's own says. `close` ends the children and threads that look into documents, follow the group
    files and mail, and gives back the connections.
    """

    settings: Settings
    setting_infos: tuple[SettingInfo, ...]
    database: Database
    spool: Spool
    groups: GroupIndex
    editor: GroupEditor
    accounts: Accounts
    grants: Grants
    cards: Cards
    enrolments: Enrolments
    jobs: JobService
    incoming: Incoming
    query: JobQuery
    destinations: Destinations
    inspector: DestinationInspector
    recipients: Recipients
    stops: Stops
    letters: Letters
    faxes: ReceivedFaxes
    fax_calls: FaxCalls
    admit: Callable[[Upload, str], Document]
    thumbnail: Callable[[tuple[Document, ...]], Path]
    metrics: Callable[[], str]
    teller: Teller | None
    clock: Callable[[], float]
    close: Callable[[], None]
