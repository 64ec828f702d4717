"""One mail from its first header to the job (SPEC D15, N1).

The order of looks: does it go in a circle; is it a report about a mail of ours; did a person send it, whom we know; may
they send to this group; is it proved to be them. Only then are its documents read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import sqlalchemy as sa

from distserver.accounts.mailboxes import Mailboxes
from distserver.errors import DistserverError, Forbidden
from distserver.groups.snapshot import Group
from distserver.intake.mail.documents import Documents, list_names
from distserver.intake.mail.heads import Head, find_author, read_mailboxes, read_text
from distserver.intake.mail.held import HeldMail, HeldMails
from distserver.intake.mail.house_rules import HouseRules
from distserver.intake.mail.identity import find_message_id, identify
from distserver.intake.mail.loops import check_by_hand, is_delivery, is_ours
from distserver.intake.mail.parts import read_parts
from distserver.intake.mail.proof import Claim, FindKey, Proof, find_confirmation, find_signature
from distserver.intake.mail.recipients import Recipient, conceal_code, read_recipient, read_subject
from distserver.intake.mail.reports import is_report, read_reports, read_returned_text
from distserver.intake.mail.sending_rate import SendingRate
from distserver.intake.mail.verdict import Verdict, refused, taken
from distserver.jobs.mail_reports import MailReports, Noted
from distserver.model.jobs import Actor, JobView, Submission
from distserver.model.mail_reports import MailReport
from distserver.services import Services
from distserver.store import mail_answers
from distserver.store.mail_answers import OwedAnswer

log = logging.getLogger(__name__)

_LONGEST_TITLE = 255
_LONGEST_ID = 900
_GROUP_IN_GROUP = (
    "the mail comes from the server whose group has this address, and is not printed again: put the group's "
    "destinations into the group file instead"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as it came: from which server, with which return path (empty: a report), for which addresses."""

    peer: str
    return_path: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Asks the author of a mail whether it was them: the mail, the code, the group and the documents."""

    to: str
    message_id: str
    subject: str
    code: str
    group: str
    documents: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reception works with. `ask` mails a question and raises `LaterError` when that cannot be now; None when
    the house has no mail server to send it by."""

    services: Services
    rules: HouseRules
    mailboxes: Mailboxes
    reports: MailReports
    held: HeldMails
    rate: SendingRate
    find_key: FindKey
    ask: Callable[[Question], None] | None = None


@dataclass(frozen=True, slots=True)
class _Aim:
    """Where a mail is to go, and under which title."""

    groups: tuple[Group, ...]
    title: str


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that is `author`'s; `identity` tells it from others."""

    head: Head
    file: BinaryIO
    author: str
    identity: str


class Reception:
    """Of one process; called from any thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def read_recipient(self, address: str) -> Recipient:
        """Raises `UserError` for what is no address here."""
        rules = self._desk.rules
        return read_recipient(address, self._desk.services.groups.snapshot(), rules.domains, rules.mailbox)

    def take(self, arrival: Arrival, file: BinaryIO) -> Verdict:
        """What becomes of it; what is answered is on the disk."""
        try:
            verdict = self._take(arrival, file)
        except DistserverError as error:
            verdict = refused(error)
        to = " ".join(map(conceal_code, arrival.recipients))
        facts = {"from": arrival.return_path, "to": to[:200], "answer": verdict.line}
        if verdict.taken:
            log.info("mail-taken", facts)
        else:
            log.info("mail-turned-away", facts)
        return verdict

    def _take(self, arrival: Arrival, file: BinaryIO) -> Verdict:
        file.seek(0)
        head, parts = read_parts(file)
        if is_report(head):
            return self._take_reports(read_reports(head, parts))
        if not arrival.return_path and (returned := read_returned_text(parts)) is not None:
            return self._take_reports(returned)
        if is_ours(head, self._desk.rules.domains):
            here = {address.lower() for address in arrival.recipients}
            if is_delivery(head, self._desk.rules.domains) and here.intersection(read_mailboxes(head, "To")):
                return Verdict("554 5.4.6", _GROUP_IN_GROUP)  # its receipt shall not say that somebody has it
            return taken("dropped: it went out from here, and is not printed again")
        check_by_hand(head, arrival.return_path)
        recipients = [self.read_recipient(address) for address in arrival.recipients]
        code = next((one.code for one in recipients if one.code), "")
        if code:
            return self._confirm(code)
        return self._distribute(arrival, head, file, recipients)

    def _take_reports(self, reports: Sequence[MailReport]) -> Verdict:
        noted = [self._desk.reports.note(report) for report in reports]
        if Noted.EARLY in noted:
            return Verdict("451 4.3.0", "the delivery that this report is about is still being written down: try again")
        said = ", ".join(noted) or "it is about no delivery of this server"
        return taken(f"report read: {said}")

    def _distribute(self, arrival: Arrival, head: Head, file: BinaryIO, recipients: Sequence[Recipient]) -> Verdict:
        author = find_author(head)
        by = self._find_actor(author)
        aim = self._find_aim(head, recipients)
        for group in aim.groups:
            if not group.access.lets_send(by.name, by.role):
                raise Forbidden(f"{by.name} may not send to '{group.name}': its file names who may")
        proof = self._find_proof(arrival, head, file, Claim(author, arrival.recipients), by)
        self._desk.rate.count(author, proved=proof is not None)
        if proof is None:
            return self._hold(arrival, head, file, author, aim)
        return self._submit(_Mail(head, file, author, proof.identity or identify(head, file)), by, aim)

    def _confirm(self, code: str) -> Verdict:
        with self._desk.held.open(code) as (mail, file):
            head, _ = read_parts(file)
            recipients = [self.read_recipient(address) for address in mail.recipients]
            aim, by = self._find_aim(head, recipients), self._find_actor(mail.author)
            return self._submit(_Mail(head, file, mail.author, identify(head, file)), by, aim)

    def _find_actor(self, author: str) -> Actor:
        user = self._desk.mailboxes.find_owner(author)
        if user is None:
            raise Forbidden(f"{author} is nobody's address here: ask the administrator to enter it for you")
        if user.disabled:
            raise Forbidden(f"the user of {author} is disabled: ask the administrator")
        return Actor(user.name, user.role)

    def _find_aim(self, head: Head, recipients: Sequence[Recipient]) -> _Aim:
        subject = read_text(head, "Subject")
        groups = {one.group.file: one.group for one in recipients if one.group is not None}
        if any(one.group is None for one in recipients):
            named, subject = read_subject(subject, self._desk.services.groups.snapshot())
            groups[named.file] = named
        return _Aim(tuple(groups.values()), subject[:_LONGEST_TITLE])

    def _find_proof(self, arrival: Arrival, head: Head, file: BinaryIO, claim: Claim, by: Actor) -> Proof | None:
        rules = self._desk.rules
        if rules.is_relay(arrival.peer):
            if rules.trusted and self._is_of(arrival.return_path, by):
                return Proof()
            if rules.results and (found := find_confirmation(head, rules.results, claim)) is not None:
                return found
        return find_signature(head, file, claim, self._desk.find_key)

    def _is_of(self, return_path: str, by: Actor) -> bool:
        """Mail servers look at who may be the sender of the envelope, and leave `From` to whoever writes it."""
        owner = self._desk.mailboxes.find_owner(return_path)
        return owner is not None and owner.name == by.name

    def _hold(self, arrival: Arrival, head: Head, file: BinaryIO, author: str, aim: _Aim) -> Verdict:
        if self._desk.ask is None:
            raise Forbidden(
                f"it is not proved that this mail is from {author}: it needs a DKIM signature of its domain, or a mail "
                "server that vouches for it"
            )
        file.seek(0)
        names = list_names(read_parts(file)[1])
        code = self._desk.held.hold(HeldMail(author, arrival.recipients), file)
        groups = ", ".join(group.name for group in aim.groups)
        documents = aim.title or ", ".join(names)
        try:
            self._desk.ask(Question(author, find_message_id(head), read_text(head, "Subject"), code, groups, documents))
        except DistserverError:
            self._desk.held.drop(code)
            raise
        return taken("held: a question went to the sender's address; the document goes out when it is answered")

    def _submit(self, mail: _Mail, by: Actor, aim: _Aim) -> Verdict:
        services, head = self._desk.services, mail.head
        mail.file.seek(0)
        key = _make_key(mail.identity, aim.groups)
        with Documents(services) as found:
            found.take(read_parts(mail.file)[1], services.jobs.meter(by, idempotency_key=key))
            submission = Submission(
                title=aim.title or found.documents[0].name,
                documents=tuple(found.documents),
                groups=tuple(group.file for group in aim.groups),
                idempotency_key=key,
            )
            owed = OwedAnswer("", mail.author, find_message_id(head)[:_LONGEST_ID], read_text(head, "Subject"))
            job = services.jobs.submit(submission, by, found.uploads, self._owe(owed))
        return taken(f"job {job.id}: {_count(job)}; the receipts come by mail")

    def _owe(self, owed: OwedAnswer) -> Callable[[sa.Connection, str], None]:
        def write(connection: sa.Connection, job_id: str) -> None:
            answer = OwedAnswer(job_id, owed.to, owed.message_id, owed.subject)
            mail_answers.insert_answer(connection, answer, self._desk.services.clock())

        return write


def _make_key(message_id: str, groups: Sequence[Group]) -> str:
    """The same for a mail that comes twice: servers send again what they have lost the answer to."""
    facts = "\n".join([message_id, *sorted(group.file for group in groups)])
    return f"mail-{hashlib.sha256(facts.encode('utf-8', 'replace')).hexdigest()[:40]}"


def _count(job: JobView) -> str:
    many = job.counts.total
    return f"{many} destination" + "s" * (many != 1)
