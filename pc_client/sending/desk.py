"""The dialogs of one program: what they show, and what pressing their buttons does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from distwire.api.client import ApiClient
from distwire.api.failures import ApiError, Refused
from distwire.api.jobs import Name, Sides, SubmissionForm
from pc_client.desktop.keys import Keys
from pc_client.desktop.refusals import Refusal
from pc_client.sending.draft import Decision, Draft, Drafts
from pc_client.sending.looking import BITMAPS, PDF, NoBitmap, make_bitmap
from pc_client.sending.memory import Choice, Memory, read_memory, write_memory
from pc_client.sending.order import Order
from pc_client.sending.outbox import Outbox
from pc_client.sending.sender import Sent, send_order
from pc_client.server.keywords import name_error
from pc_client.settings import PcSettings

log = logging.getLogger(__name__)

_GONE = "this document is not asked about any more: it was sent, or its printing was canceled"


class Wrong(Refusal):
    """What was asked cannot be done; the words say what to do."""


class Gone(Refusal):
    """The dialog's document is not asked about any more."""


class Answers(BaseModel):
    """What a dialog says when OK is pressed."""

    title: str = Field(min_length=1, max_length=255)
    groups: list[Name] = Field(default_factory=list)
    destinations: list[Name] = Field(default_factory=list)
    copies: int = Field(default=1, ge=1, le=999)
    sides: Sides | None = None
    bitmap: str = ""


@dataclass(slots=True)
class SendingDesk:
    """For any number of threads. `show` opens a window for a draft, and is set before anything is served."""

    home: Path
    settings: PcSettings
    client: ApiClient
    outbox: Outbox
    drafts: Drafts
    show: Callable[[Draft], None] = lambda draft: None
    wake: Callable[[], None] = lambda: None
    keys: Keys = field(default_factory=Keys)

    def find(self, key: str) -> Draft:
        """The draft of a dialog. Raises `Gone`."""
        draft = self.drafts.find(key)
        if draft is None:
            raise Gone(_GONE, "not-asked-about")
        return draft

    def describe(self, draft: Draft) -> dict[str, Any]:
        """All that a dialog shows of a document."""
        remembered, wishes = read_memory(self.home), draft.wishes
        return {
            "pc": self.settings.name,
            "title": wishes.title,
            "pages": draft.look.pages,
            "picture": draft.look.picture is not None,
            "copies": wishes.copies,
            "sides": wishes.sides or remembered.sides,
            "can_bitmap": draft.look.format == PDF,
            "bitmap": wishes.bitmap or remembered.bitmap,
            "groups": list(wishes.groups) or remembered.chosen_groups,
            "destinations": list(wishes.destinations) or remembered.chosen_destinations,
            "known": _list_known(remembered),
        }

    def list_choices(self) -> dict[str, Any]:
        """Groups and destinations; as they were told last when the server is away, with words that say so."""
        remembered, words = read_memory(self.home), ""
        try:
            remembered.groups, remembered.destinations = _ask_choices(self.client)
            write_memory(self.home, remembered)
        except ApiError as error:
            words = str(error)
        return {**_list_known(remembered), "away": words}

    def confirm(self, draft: Draft, told: Any) -> Decision:
        """OK was pressed: keep it as an order, and try to send it. Raises `Wrong` with the dialog still open, `Gone`
        where its printing has just been canceled."""
        try:
            answers = Answers.model_validate(told)
        except ValidationError as error:
            first = error.errors()[0]
            raise Wrong(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", "bad-request") from error
        order = Order(key=draft.key, server=self.client.url, name=draft.name, form=_make_form(answers))
        document = self._make_document(draft, answers.bitmap)
        if draft.decided.is_set() or not draft.is_wanted():
            raise Gone(_GONE, "not-asked-about")
        try:
            self.outbox.put(order, document)
        except OSError as error:
            raise Wrong(f"this PC's disk does not take it: {error.strerror or error}", "disk-error") from error
        self._remember(answers)
        decision = self._try(order)
        draft.decide(decision)
        self.wake()
        return decision

    def cancel(self, draft: Draft) -> None:
        """Cancel was pressed."""
        draft.decide(Decision("canceled"))

    def register(self, groups: list[str]) -> list[str]:
        """Register this PC with groups; what the server said to each. Raises `Wrong`."""
        if not groups:
            raise Wrong("choose a group first: this PC is registered with those that are chosen", "no-group")
        try:
            return [self.client.register(one).message for one in groups]
        except ApiError as error:
            raise Wrong(str(error), name_error(error)) from error

    def _try(self, order: Order) -> Decision:
        said = send_order(self.outbox, self.client, order)
        if isinstance(said, Sent):
            return Decision("sent", f"job {said.job}")
        if said.final:
            self.outbox.drop(order.key)
            raise Wrong(said.words, said.keyword)
        return Decision("kept", said.words, said.keyword)

    def _make_document(self, draft: Draft, bitmap: str) -> Path:
        if bitmap not in BITMAPS or draft.look.format != PDF:
            return draft.document
        target = draft.folder / f"{bitmap}.tif"
        try:
            if not target.exists():
                made = draft.folder / f"{bitmap}.new"
                make_bitmap(draft.document, made, bitmap)
                made.rename(target)
        except NoBitmap as error:
            raise Wrong(str(error), "no-bitmap") from error
        return target

    def _remember(self, answers: Answers) -> None:
        remembered: Memory = read_memory(self.home)
        remembered.chosen_groups, remembered.chosen_destinations = answers.groups, answers.destinations
        remembered.sides, remembered.bitmap = answers.sides or "", answers.bitmap
        write_memory(self.home, remembered)


def _list_known(remembered: Memory) -> dict[str, Any]:
    return remembered.model_dump(include={"groups", "destinations"})


def _make_form(answers: Answers) -> SubmissionForm:
    if not answers.groups and not answers.destinations:
        raise Wrong("choose a group or a destination", "no-destination")
    return SubmissionForm(
        group=answers.groups,
        destination=answers.destinations,
        title=answers.title,
        copies=answers.copies,
        sides=answers.sides,
    )


def _ask_choices(client: ApiClient) -> tuple[list[Choice], list[Choice]]:
    """All groups with whether this PC is in them, and all destinations. Raises `ApiError`."""
    members = _ask_memberships(client)
    groups = [
        Choice(value=one.file, name=one.name, note=str(one.members), member=one.file in members)
        for one in client.groups()
    ]
    destinations = [
        Choice(value=one.address, name=one.name or one.address, note=one.address) for one in client.destinations()
    ]
    return groups, destinations


def _ask_memberships(client: ApiClient) -> set[str]:
    try:
        return {one.file for one in client.memberships().groups if one.member}
    except Refused:  # the token is a person's, who is in no group
        return set()
