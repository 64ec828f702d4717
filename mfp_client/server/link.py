"""One server, asked in the names of the users of this device (SPEC D5, D9, D10)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from distwire.api.client import ApiClient, DocumentFile
from distwire.api.exchange import Patience, Trust
from distwire.api.failures import ApiError, NotUnderstood, Refused, Unreachable
from distwire.api.groups import (
    Destination,
    DestinationList,
    GroupList,
    GroupMembership,
    GroupSummary,
    MemberLists,
    MembershipAnswer,
    MembershipList,
)
from distwire.api.jobs import Answer, Delivery, DeliveryPage, Job, SubmissionForm
from distwire.api.panel import Enrolled, Recipients, SignedIn, SignIn
from distwire.ipp.values import cut_octets
from distwire.local.token import read_token, write_token
from mfp_client.server.kept import Kept, M, Shelf
from mfp_client.server.resolving import resolve_recipients
from mfp_client.server.standing import Standing, StandingBoard
from mfp_client.settings import LONGEST_NAME, DeviceSettings, change_settings
from mfp_client.works.faults import SignInNeeded
from mfp_client.works.link import LinkState

T = TypeVar("T")

_PATIENCE = Patience(connect=4.0, silence=120.0)
_SOON = 10.0
"""The longest silence, in seconds, to a question that can be answered from what is kept here."""
_DOWN_SECONDS = 8.0
"""A server that did not answer is not asked again for so long when something is kept that will do."""
_MOST_DELIVERIES = 10_000
_UNAUTHORIZED = 401
_WRONG_PROOF = ("wrong-password", "card-unknown")
"""What a 401 says of who signs in, not of the device that asks for them."""


class Link:
    """Any number of threads may ask. Each call blocks, and raises `ApiError` and `SignInNeeded`."""

    def __init__(
        self,
        settings: DeviceSettings,
        home: Path,
        grant_of: Callable[[str], str | None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = _make_client(settings, home, read_token(home))
        self._grant_of = grant_of
        self._shelf = Shelf(home / "server")
        self._board = StandingBoard("up" if settings.server else "none", changed)

    @property
    def url(self) -> str:
        """Where the server is; empty when none is set."""
        return self._client.url

    @property
    def standing(self) -> Standing:
        """How it stands, in words too."""
        return self._board.standing

    def state(self) -> LinkState:
        """As it was last time."""
        return self._board.standing.state

    def look(self) -> LinkState:
        """Ask it how it is, and whether it takes the device's token. Raises nothing."""
        if self.url:
            with contextlib.suppress(ApiError):
                self._ask("", lambda client: client.me())
        return self.state()

    def refresh(self) -> None:
        """Keep what the panel needs when the server is away: groups, their members, destinations, memberships."""
        with contextlib.suppress(ApiError):
            for ask in (self.groups, self.members, self.destinations, self.memberships):
                with contextlib.suppress(Refused):  # as memberships of a device that is in no group
                    ask()

    def groups(self) -> Kept[list[GroupSummary]]:
        """All groups, all.rec first."""
        kept = self._keep("groups", GroupList)
        return Kept(kept.value.groups, kept.stale, kept.as_of)

    def members(self) -> Kept[MemberLists]:
        """The members of all groups, in one answer."""
        return self._keep("members", MemberLists)

    def destinations(self) -> Kept[list[Destination]]:
        """All lines of all.rec."""
        kept = self._keep("destinations", DestinationList)
        return Kept(kept.value.destinations, kept.stale, kept.as_of)

    def recipients(self, groups: Sequence[str], destinations: Sequence[str]) -> Kept[Recipients]:
        """Who would get a document; without the server as far as it is known, and without what stands in the way."""
        if not self._board.is_down_for_now(_DOWN_SECONDS):
            silence = _SOON if self._shelf.has("members") else _PATIENCE.silence
            try:
                said = self._ask("", lambda client: client.waiting(silence).recipients(groups, destinations))
            except Unreachable:
                pass
            else:
                return Kept(said, stale=False, as_of=time.time())
        known = self.members()
        return Kept(resolve_recipients(groups, destinations, known.value), stale=True, as_of=known.as_of)

    def memberships(self) -> Kept[list[GroupMembership]]:
        """All groups, and whether this device is in them."""
        kept = self._keep("memberships", MembershipList)
        return Kept(kept.value.groups, kept.stale, kept.as_of)

    def register(self, group: str) -> MembershipAnswer:
        """Register this device with a group."""
        return self._ask("", lambda client: client.register(group))

    def withdraw(self, group: str) -> MembershipAnswer:
        """Withdraw this device from a group."""
        return self._ask("", lambda client: client.withdraw(group))

    def sign_in(self, who: SignIn) -> SignedIn:
        """A grant for who stands before the panel."""
        return self._ask("", lambda client: client.waiting(_SOON).sign_in(who))

    def add_card(self, user: str, card: str) -> None:
        """Register a card for a user."""
        self._ask(user, lambda client: client.add_card(card))

    def submit(self, user: str, form: SubmissionForm, document: DocumentFile, key: str) -> Job:
        """Send a job; the same key again answers the same job."""
        return self._ask(user, lambda client: client.submit(form, [document], key))

    def jobs(self, user: str) -> list[Job]:
        """The newest jobs of a user."""
        return self._ask(user, lambda client: client.jobs(limit=50)).jobs

    def job(self, user: str, job: str) -> Job:
        """A job."""
        return self._ask(user, lambda client: client.job(job))

    def deliveries(self, user: str, job: str, after: int = 0, changed_since: datetime | None = None) -> DeliveryPage:
        """A page of its deliveries."""
        return self._ask(user, lambda client: client.deliveries(job, after=after, changed_since=changed_since))

    def all_deliveries(self, user: str, job: str) -> list[Delivery]:
        """All of them, up to 10,000."""
        found: list[Delivery] = []
        after: int | None = 0
        while after is not None and len(found) < _MOST_DELIVERIES:
            page = self.deliveries(user, job, after)
            found += page.deliveries
            after = page.next if page.next is not None and page.next > after else None  # a page that leads back ends it
        return found

    def retry(self, user: str, job: str, deliveries: Sequence[int] | None = None) -> Answer:
        """Send again what failed, or these."""
        return self._ask(user, lambda client: client.retry(job, deliveries))

    def cancel(self, user: str, job: str) -> Answer:
        """Cancel what has not gone out."""
        return self._ask(user, lambda client: client.cancel(job))

    def _keep(self, question: str, kind: type[M]) -> Kept[M]:
        """The answer to a question, which is sent again only where it has changed."""
        kept = self._shelf.get(question, kind)
        if kept is not None and self._board.is_down_for_now(_DOWN_SECONDS):
            return kept
        silence = _PATIENCE.silence if kept is None else _SOON
        tag = self._shelf.tag_of(question, kept)
        try:
            told = self._ask("", lambda client: client.waiting(silence).list_changed(kind, tag))
        except Unreachable:
            if kept is None:
                raise
            return kept
        if told is not None:
            return self._shelf.put(question, told.value, told.tag)
        if kept is None:
            raise NotUnderstood("the server says that nothing has changed, and was asked for all")
        return self._shelf.put(question, kept.value, tag)

    def _ask(self, user: str, ask: Callable[[ApiClient], T]) -> T:
        """One call in somebody's name."""
        if not self.url:  # that tells nothing of a server: the first start waits for one all the same
            raise Unreachable("no server is set for this device: enrol it first", begun=False)
        with self._noting(user):
            return ask(self._acting(user))

    def _acting(self, user: str) -> ApiClient:
        if not user:
            return self._client
        grant = self._grant_of(user)
        if grant is None:
            raise SignInNeeded(user)
        return self._client.acting(grant)

    @contextlib.contextmanager
    def _noting(self, user: str) -> Iterator[None]:
        """A bearer that is refused tells of the user's grant, or of the device's own token."""
        try:
            yield
        except Refused as error:
            if error.status != _UNAUTHORIZED or error.keyword in _WRONG_PROOF:
                self._board.note_answer()
            elif user:
                self._board.note_sign()
                raise SignInNeeded(user) from error
            else:
                self._board.note_refusal(error.detail)
            raise
        except ApiError as error:
            self._board.note_failure(error)
            raise
        self._board.note_answer()


def enrol(settings: DeviceSettings, home: Path, code: str) -> Enrolled:
    """Get the device its token for the code that the board shows, and keep it. Raises `ApiError`, OSError."""
    enrolled = _make_client(settings, home, "").enrol(settings.address, code)
    write_token(home, enrolled.token)
    return enrolled


def take_line(settings: DeviceSettings, enrolled: Enrolled, name: str) -> DeviceSettings:
    """The settings of an enrolled device: the address of its line of all.rec, and that line's name, cut to what a
    printer may be called, unless somebody gave it another. Raises `SettingsError`."""
    named = name or cut_octets(enrolled.name, LONGEST_NAME) or settings.name
    return change_settings(settings, {"address": enrolled.address, "name": named})


def _make_client(settings: DeviceSettings, home: Path, token: str) -> ApiClient:
    authorities = home / settings.server_ca_file if settings.server_ca_file else None
    trust = Trust(authorities, settings.server_fingerprint or None)
    return ApiClient(settings.server, token, trust, _PATIENCE)
