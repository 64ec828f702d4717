"""Sends what is owed to those who mailed: receipts when all deliveries of their job have ended, and questions."""

from __future__ import annotations

import hashlib
import logging
import threading

from distserver.errors import LaterError, MailUnavailable
from distserver.intake.mail.house_rules import HouseRules
from distserver.intake.mail.reception import Question
from distserver.intake.mail.recipients import CONFIRM
from distserver.model.jobs import Actor
from distserver.report.answers import Answered, compose_answer, write_question, write_receipts
from distserver.report.mail import Fate, MailServer, open_session
from distserver.services import Services
from distserver.store import mail_answers
from distserver.store.mail_answers import OwedAnswer

log = logging.getLogger(__name__)

_HOUSE = Actor("distserver", "operator")
_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 2.0, 300.0
_CLAIM_SECONDS = 300.0
_FIRST_PAUSE, _LONGEST_PAUSE, _MOST_TRIES = 30.0, 3600.0, 40


class Answering:
    """A thread between `start` and `stop`. Several may run beside each other: each answer is in the hands of one."""

    def __init__(self, services: Services, rules: HouseRules, server: MailServer) -> None:
        self._services = services
        self._rules = rules
        self._server = server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="answering", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin no further answer, and wait a moment for the one under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(self._server.seconds)

    def ask(self, question: Question) -> None:
        """Mail a question; its answer brings the code back. Raises `LaterError`."""
        rules = self._rules
        back = f"{rules.mailbox}+{CONFIRM}{question.code}@{rules.domain}"
        mark = f"confirm-{hashlib.sha256(question.code.encode()).hexdigest()[:24]}"
        answered = Answered(question.to, question.message_id, question.subject, rules.domain, mark)
        text = write_question(question.group, question.documents, rules.confirm_seconds / 3600)
        message = compose_answer(answered, f"{rules.mailbox}@{rules.domain}", text, back)
        with open_session(self._server) as session:
            fate = session.hand_in(message, "", question.to)
        if not fate.taken:
            raise MailUnavailable(f"the question whether it was them could not be sent to {question.to}: {fate.answer}")

    def answer_due(self) -> int:
        """Send what is due; how many answers were. Raises `LaterError` when the database or the mail server is away.

        Each is taken in hand for itself: what ends this in the middle, even a kill, keeps no other answer waiting.
        """
        given = 0
        while not self._ended.is_set() and (owed := self._take()) is not None:
            self._answer(owed)
            given += 1
        return given

    def _take(self) -> OwedAnswer | None:
        now = self._services.clock()
        with self._services.database.begin() as connection:
            return mail_answers.take_answer(connection, now, now + _CLAIM_SECONDS)

    def _answer(self, owed: OwedAnswer) -> None:
        """Whatever goes wrong with it, it is not before the others next time."""
        late = True
        try:
            fate = self._hand_in(owed)
            late = not fate.taken and not fate.for_good
            log.info("mail-answered", {"job": owed.job_id, "taken": fate.taken, "answer": fate.answer})
        finally:
            self._settle(owed, late=late)

    def _hand_in(self, owed: OwedAnswer) -> Fate:
        services, rules = self._services, self._rules
        job = services.query.get(owed.job_id, _HOUSE)
        deliveries = services.query.deliveries(owed.job_id, _HOUSE)
        text = write_receipts(job, deliveries, services.settings.board_url)
        answered = Answered(
            owed.to, owed.message_id, owed.subject or job.title, rules.domain, f"receipts-{owed.job_id}"
        )
        message = compose_answer(answered, f"{rules.mailbox}@{rules.domain}", text)
        with open_session(self._server) as session:
            return session.hand_in(message, "", owed.to)

    def _settle(self, owed: OwedAnswer, *, late: bool) -> None:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(owed.tries, 10))
        due = self._services.clock() + pause if late and owed.tries < _MOST_TRIES else None
        with self._services.database.begin() as connection:
            mail_answers.settle_answer(connection, owed.job_id, due)

    def _run(self) -> None:
        pause = _LOOK_SECONDS
        while not self._ended.wait(pause):
            try:
                self.answer_due()
                pause = _LOOK_SECONDS
            except LaterError as error:
                pause = min(2 * pause, _LONGEST_LOOK_SECONDS)
                log.warning("mail-put-off", {"host": self._server.host, "notices": 0, "error": str(error)})
            except Exception:  # outermost loop: one bad answer must not end all answering
                log.exception("answering-broke")
