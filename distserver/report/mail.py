"""Letters over SMTP to the mail server of the house (RFC 5321, RFC 3207, RFC 4954; SPEC N4)."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from enum import StrEnum
from pathlib import Path

from distserver.errors import MailUnavailable
from distserver.model.mail_fields import write_field
from distserver.report.notify import Letter, tidy

_POLICY = SMTP.clone(cte_type="7bit")  # old mail servers take no more
_LONGEST_ANSWER = 200
_LONGEST_PASSWORD = 1024


class MailTls(StrEnum):
    """How the connection is encrypted; a server that cannot do it gets nothing."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in, and as whom. `seconds` bounds each step, not the whole."""

    host: str
    port: int
    tls: MailTls
    sender: str
    user: str = ""
    password_file: Path | None = None
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a letter: `taken`, or not; not `for_good` when it may be tried again. `answer` are the server's
    words, on one line."""

    taken: bool
    for_good: bool = True
    answer: str = ""


class MailSession:
    """A connection that is ready for letters."""

    def __init__(self, smtp: smtplib.SMTP, server: MailServer) -> None:
        self._smtp = smtp
        self._server = server

    def send(self, letter: Letter) -> Fate:
        """Hand in one letter. Raises `MailUnavailable` when that could not be done, whatever the letter."""
        try:
            message = compose_message(letter, self._server.sender)
        except ValueError as error:  # it stands in the way of no other letter
            return Fate(taken=False, answer=tidy(f"no mail can be written to it: {error}", _LONGEST_ANSWER))
        return self.hand_in(message, self._server.sender, letter.to)

    def hand_in(self, message: EmailMessage, sender: str, to: str) -> Fate:
        """Hand in one message; `sender` is where it comes back to, empty for an answer, which never does (RFC 3834
        §3.3). Raises `MailUnavailable`."""
        try:
            self._smtp.send_message(message, sender or "<>", [to])
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = error.recipients[to]
            return _refused(code, answer)
        except smtplib.SMTPDataError as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPNotSupportedError, ValueError) as error:  # of this letter alone: others can go
            return Fate(taken=False, answer=_say(error))
        except OSError as error:  # of which all errors of smtplib and ssl are
            raise MailUnavailable(f"the mail server did not take a letter: {_say(error)}") from error
        return Fate(taken=True)


@contextmanager
def open_session(server: MailServer) -> Iterator[MailSession]:
    """Connect, encrypt and log in as the settings say. Raises `MailUnavailable`."""
    password = read_password(server) if server.user else ""
    try:
        smtp = _connect(server)
    except OSError as error:
        raise MailUnavailable(f"{server.host} port {server.port}: {_say(error)}") from error
    try:
        _log_in(smtp, server, password)
        yield MailSession(smtp, server)
    finally:
        with contextlib.suppress(OSError):
            smtp.quit()
        smtp.close()


def compose_message(letter: Letter, sender: str) -> EmailMessage:
    """The mail: it says that no person wrote it (RFC 3834), and sent twice it is recognized by its Message-ID."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = write_field(letter.subject)
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{letter.mark}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def read_password(server: MailServer) -> str:
    """What stands in `mail_password_file`, which only its owner may read. Raises `MailUnavailable`."""
    path = server.password_file
    if path is None:
        raise MailUnavailable("mail_user is set, mail_password_file is not: write the password to a file and name it")
    try:
        with path.open(encoding="ascii") as file:
            open_to = stat.S_IMODE(path.stat().st_mode) & 0o077
            password = file.read(_LONGEST_PASSWORD).strip("\r\n")
    except OSError as error:
        raise MailUnavailable(f"mail_password_file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MailUnavailable(f"in mail_password_file {path} stands something else than ASCII") from error
    if open_to:
        raise MailUnavailable(f"others may read the password in {path}: chmod 600 {path}")
    if not password:
        raise MailUnavailable(f"mail_password_file {path} is empty")
    return password


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.tls is MailTls.TLS:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.seconds, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
    try:
        if server.tls is MailTls.STARTTLS:
            _encrypt(smtp)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _encrypt(smtp: smtplib.SMTP) -> None:
    code, answer = smtp.starttls(context=ssl.create_default_context())
    if code != 220:  # smtplib would go on in the clear
        raise smtplib.SMTPResponseException(code, answer)


def _log_in(smtp: smtplib.SMTP, server: MailServer, password: str) -> None:
    if not server.user:
        return
    try:
        smtp.login(server.user, password)
    except smtplib.SMTPAuthenticationError as error:  # its words are left out: they might repeat what was sent
        refusal = f"it refuses the password of '{server.user}' (code {error.smtp_code})"
        raise MailUnavailable(f"{server.host} port {server.port}: {refusal}") from None
    except OSError as error:
        raise MailUnavailable(f"{server.host} port {server.port}: {_say(error)}") from error
    except UnicodeError as error:
        raise MailUnavailable("mail_user contains letters that no mail server knows") from error


def _refused(code: int, answer: bytes | str) -> Fate:
    return Fate(taken=False, for_good=code >= 500, answer=_show_answer(code, answer))


def _say(error: OSError | ValueError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _show_answer(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    words = error.strerror if isinstance(error, OSError) else None
    return tidy(words or str(error) or type(error).__name__, _LONGEST_ANSWER)


def _show_answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return tidy(f"{code} {text}", _LONGEST_ANSWER)
