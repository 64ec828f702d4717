"""The server's HTTP API for programs: one call, one request, typed messages in and out.

Nothing is tried a second time here: whoever calls knows what may be doubled. A job may be sent again under its
`Idempotency-Key`; what only asks may be asked again; `Unreachable.begun` says whether the rest may have been done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ValidationError

from distwire.api.accounts import Me
from distwire.api.answers import admit, parse
from distwire.api.base import format_time
from distwire.api.exchange import Exchange, Patience, Reply, Request, Trust
from distwire.api.failures import Unsendable
from distwire.api.form import Body, FilePart, encode_form
from distwire.api.groups import (
    Destination,
    DestinationList,
    Group,
    GroupList,
    GroupSummary,
    MemberLists,
    Membership,
    MembershipAnswer,
    MembershipList,
)
from distwire.api.inbox import Act, Inbox, LetterTrouble, Stored, StoredAnswer
from distwire.api.jobs import Answer, DeliveryPage, Job, JobList, JobState, Selection, SubmissionForm
from distwire.api.panel import (
    Addressing,
    Enrolled,
    Enrolment,
    NewCard,
    Recipients,
    RegisteredCard,
    SignedIn,
    SignIn,
)
from distwire.api.problem import Health

M = TypeVar("M", bound=BaseModel)
_LISTS: dict[type[BaseModel], str] = {
    GroupList: "groups",
    MemberLists: "members",
    DestinationList: "destinations",
    MembershipList: "memberships",
}
_UNCHANGED = 304
KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Tagged(Generic[M]):
    """An answer and its entity tag, empty where the server gave none (RFC 9110 §8.8.3)."""

    value: M
    tag: str


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document of a job: where it is, and the name that the server is told (the file's own when empty)."""

    path: Path
    name: str = ""


class ApiClient:
    """One server, asked in the name of one bearer: a token, or a grant of a user. For any number of threads.

    Each call raises `Unreachable`, `Refused` and `NotUnderstood` (`distwire.api.failures`).
    """

    def __init__(
        self, url: str, bearer: str = "", trust: Trust | None = None, patience: Patience | None = None
    ) -> None:
        self._exchange = Exchange(url, trust or Trust(), patience or Patience())
        self._bearer = bearer
        self._silence: float | None = None

    @property
    def url(self) -> str:
        """Where the server is."""
        return self._exchange.url

    def acting(self, bearer: str) -> ApiClient:
        """The same server, asked in the name of another bearer."""
        other = copy(self)
        other._bearer = bearer
        return other

    def waiting(self, silence: float) -> ApiClient:
        """The same, which gives up sooner: after so many seconds in which the server says nothing."""
        other = copy(self)
        other._silence = silence
        return other

    def health(self) -> Health:
        """Whether the server can accept a job, and if not, why. Takes no bearer."""
        reply = self._ask("GET", "/healthz")
        if reply.status == 503:
            with contextlib.suppress(ValidationError):
                return Health.model_validate_json(reply.data)
        return parse(Health, admit(reply))

    def me(self) -> Me:
        """Whom the bearer speaks for."""
        return self._get(Me, _path("me"))

    def groups(self) -> list[GroupSummary]:
        """All groups, all.rec first."""
        return self._get(GroupList, _path("groups")).groups

    def list_changed(self, kind: type[M], tag: str = "") -> Tagged[M] | None:
        """A whole list (`GroupList`, `MemberLists`, `DestinationList`; `MembershipList` of the device that asks), or
        None where it is as it was when it had this tag (RFC 9110 §13.1.2)."""
        reply = self._ask("GET", _path(_LISTS[kind]), headers={"If-None-Match": tag} if tag else None)
        if tag and reply.status == _UNCHANGED:
            return None
        return Tagged(parse(kind, admit(reply)), reply.headers.get("ETag") or "")

    def group(self, group: str) -> Group:
        """A group, by file or name, with its members."""
        return self._get(Group, _path("groups", group))

    def members(self) -> MemberLists:
        """The members of all groups."""
        return self._get(MemberLists, _path("members"))

    def destinations(self) -> list[Destination]:
        """All lines of all.rec."""
        return self._get(DestinationList, _path("destinations")).destinations

    def recipients(self, groups: Sequence[str], destinations: Sequence[str]) -> Recipients:
        """Who would get a document, each once, and what stands in the way."""
        asked = Addressing(group=list(groups), destination=list(destinations))
        return self._post(Recipients, _path("recipients"), asked)

    def submit(
        self,
        form: SubmissionForm,
        documents: Sequence[DocumentFile],
        idempotency_key: str,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Job:
        """Send a job; when this returns, the server has stored it. The same key again answers the same job.

        `progress` is called with the number of bytes of documents that went out. Raises `Unsendable` too.
        """
        body = encode_form(_fields_of(form), [_open_part(document) for document in documents], progress)
        reply = self._ask("POST", _path("jobs"), body, {KEY_HEADER: idempotency_key})
        return parse(Job, admit(reply))

    def job(self, job: str) -> Job:
        """A job."""
        return self._get(Job, _path("jobs", job))

    def jobs(self, *, limit: int = 50, before: str | None = None, states: Sequence[JobState] = ()) -> JobList:
        """A page of jobs, newest first."""
        return self._get(JobList, _path("jobs"), limit=limit, before=before, state=list(states))

    def deliveries(
        self, job: str, *, after: int = 0, changed_since: datetime | None = None, limit: int = 1000
    ) -> DeliveryPage:
        """A page of the deliveries of a job, or of those that changed since `as_of` of an earlier page."""
        since = None if changed_since is None else format_time(changed_since)
        path = _path("jobs", job, "deliveries")
        return self._get(DeliveryPage, path, after=after, changed_since=since, limit=limit)

    def retry(self, job: str, deliveries: Sequence[int] | None = None) -> Answer:
        """Send again what failed, or these deliveries."""
        return self._post(Answer, _path("jobs", job, "retry"), _select(deliveries))

    def cancel(self, job: str, deliveries: Sequence[int] | None = None) -> Answer:
        """Cancel a job, or these deliveries."""
        return self._post(Answer, _path("jobs", job, "cancel"), _select(deliveries))

    def memberships(self, address: str | None = None) -> MembershipList:
        """All groups, and whether a destination of all.rec is in them; with a device's token, the device itself."""
        return self._get(MembershipList, _path("memberships"), address=address)

    def register(self, group: str, address: str | None = None) -> MembershipAnswer:
        """Register a destination of all.rec with a group; with a device's token, the device itself."""
        return self._post(MembershipAnswer, _path("groups", group, "members"), Membership(address=address))

    def withdraw(self, group: str, address: str | None = None) -> MembershipAnswer:
        """Withdraw it again."""
        target = _path("groups", group, "members") + _query({"address": address})
        return parse(MembershipAnswer, admit(self._ask("DELETE", target)))

    def sign_in(self, who: SignIn) -> SignedIn:
        """A grant for who stands before the panel; takes the device's own token as bearer.

        Refused with the keywords `wrong-password`, `card-unknown`, and `locked-out` after several wrong tries.
        """
        return self._post(SignedIn, _path("panel", "sign-in"), who)

    def add_card(self, card: str) -> RegisteredCard:
        """Register a card for the user whose grant is the bearer."""
        return self._post(RegisteredCard, _path("panel", "cards"), NewCard(card=card))

    def enrol(self, address: str, code: str) -> Enrolled:
        """The device's own token, for the code that the board showed. Takes no bearer.

        Refused with the keywords `wrong-code`, and `locked-out` after several wrong ones.
        """
        return self._post(Enrolled, _path("enrolments"), Enrolment(address=address, code=code))

    def inbox(self, wait: float = 0.0) -> Inbox:
        """What waits for this PC; with nothing there, the answer may take `wait` seconds."""
        return self._get(Inbox, _path("inbox"), wait=wait or None)

    def letter_part(self, letter: str, first: int, last: int) -> bytes:
        """The octets `first` to `last` (both included, from 0) of a letter's document."""
        reply = self._ask("GET", _path("inbox", letter, "document"), headers={"Range": f"bytes={first}-{last}"})
        return admit(reply).data

    def letter_first_page(self, letter: str) -> bytes:
        """A PNG of page 1 of a letter."""
        return admit(self._ask("GET", _path("inbox", letter, "first-page"))).data

    def letter_stored(self, letter: str, sha256: str) -> StoredAnswer:
        """Say that the document is on this PC's disk. Refused with 404 or 409, it is not this PC's."""
        return self._put(StoredAnswer, _path("inbox", letter, "stored"), Stored(sha256=sha256))

    def letter_trouble(self, letter: str, words: str) -> None:
        """Say why this PC cannot take a letter now."""
        admit(self._send("PUT", _path("inbox", letter, "trouble"), LetterTrouble(words=words[:500])))

    def letter_act(self, letter: str, act: Act) -> None:
        """Say that a letter was read, or printed."""
        admit(self._send("POST", _path("inbox", letter, "acts"), act))

    def _get(self, answer: type[M], path: str, **query: object) -> M:
        return parse(answer, admit(self._ask("GET", path + _query(query))))

    def _post(self, answer: type[M], path: str, message: BaseModel) -> M:
        return parse(answer, admit(self._send("POST", path, message)))

    def _put(self, answer: type[M], path: str, message: BaseModel) -> M:
        return parse(answer, admit(self._send("PUT", path, message)))

    def _send(self, method: str, path: str, message: BaseModel) -> Reply:
        data = message.model_dump_json(exclude_none=True).encode()
        return self._ask(method, path, Body([data], "application/json", len(data)))

    def _ask(
        self, method: str, target: str, body: Body | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        shown = {"Authorization": f"Bearer {self._bearer}"} if self._bearer else {}
        sent = {"Accept": "application/json", "User-Agent": "distwire", **shown, **(headers or {})}
        return self._exchange.ask(Request(method, target, sent, body, self._silence))


def _path(*parts: str) -> str:
    """A path below /api/v1, each part quoted: group names may be in any script."""
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def _query(values: Mapping[str, object]) -> str:
    asked = {name: value for name, value in values.items() if value not in (None, [])}
    return f"?{urlencode(asked, doseq=True)}" if asked else ""


def _select(deliveries: Sequence[int] | None) -> Selection:
    return Selection(deliveries=None if deliveries is None else list(deliveries))


def _fields_of(form: SubmissionForm) -> list[tuple[str, str]]:
    """What differs from the defaults, as fields of a form; a list is a field several times."""
    fields: list[tuple[str, str]] = []
    for name, value in form.model_dump(mode="json", exclude_defaults=True).items():
        values = value if isinstance(value, list) else [value]
        fields += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in values]
    return fields


def _open_part(document: DocumentFile) -> FilePart:
    name = document.name or document.path.name
    try:
        size = document.path.stat().st_size
    except OSError as error:
        raise Unsendable(f"'{name}' cannot be read: {error.strerror}") from error
    return FilePart(name, size, lambda: document.path.open("rb"))
