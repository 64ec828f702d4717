"""What is asked of the server for a document that waits: as it lies in the outbox, and how it comes to be."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from distwire.api.jobs import SubmissionForm
from mfp_client.memory.records import SendOrder, StoredDocument
from mfp_client.works.person import Person
from mfp_client.works.telephone import read_fax_address
from mfp_client.works.wishes import Wishes


class OrderText(BaseModel):
    """The words of an order: who sends ("" is the device), and the form of the job."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    user: str
    form: SubmissionForm

    @property
    def to(self) -> list[str]:
        """Groups and destinations, as they were chosen."""
        return [*self.form.group, *self.form.destination]


def make_order(url: str, person: Person, wishes: Wishes, title: str, *, keep: bool) -> SendOrder:
    """An order of somebody; the document goes after it unless it is to be kept."""
    form = SubmissionForm(
        group=list(dict.fromkeys(wishes.groups)),
        destination=list(dict.fromkeys((*wishes.destinations, *map(read_fax_address, wishes.to)))),
        title=title[:255] or None,
        copies=wishes.copies,
        sides=wishes.sides,
        number_up=wishes.number_up,
    )
    text = OrderText(user=person.name, form=form)
    return SendOrder(url, text.model_dump_json(exclude_defaults=True), erase_after=not keep)


def read_order(request: str) -> OrderText | None:
    """The words of an order; None when they are none of ours."""
    try:
        return OrderText.model_validate_json(request)
    except ValidationError:
        return None


def name_document(document: StoredDocument) -> str:
    """What the server calls the file."""
    return f"{document.id}.tif"
