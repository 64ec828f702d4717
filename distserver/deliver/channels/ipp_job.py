"""A delivery as an IPP job: what is asked of the printer, how the job is recognised, and what is seen of it."""

from __future__ import annotations

import string
from dataclasses import dataclass

from distserver.deliver.channels.ipp_description import read_reasons
from distserver.deliver.channels.ipp_words import clean_text
from distserver.deliver.contract import DeliveryRequest
from distserver.model.capabilities import Capabilities
from distserver.model.documents import ColorMode, Scaling
from distwire.ipp import values as v
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.enums import JobState

NAME_OCTETS = 255
_SEPARATOR = " · "

SEEN = (
    "job-id",
    "job-uuid",
    "job-uri",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-state-message",
    "job-printer-state-reasons",
    "number-of-documents",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "job-k-octets",
    "job-printer-up-time",
)
"""What is asked about a job."""

_IN_WORDS = frozenset(string.ascii_letters + string.digits + "_-")
_WITHOUT_DATA = frozenset(("job-incoming", "job-data-insufficient", "submission-interrupted"))


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as the device tells it; None is what it does not tell."""

    id: int
    uuid: str | None
    name: str | None
    state: int
    reasons: tuple[str, ...]
    printer_reasons: tuple[str, ...]
    message: str
    documents: int | None
    pages: int | None
    k_octets: int | None
    up_time: int | None = None

    @property
    def remote_id(self) -> str:
        """The job-id, and the job-uuid when there is one: an id alone may be given out again after a restart."""
        return f"{self.id} {self.uuid}" if self.uuid else str(self.id)

    @property
    def ended(self) -> bool:
        """The device will not change it any more."""
        return self.state in (JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED)

    @property
    def lacks_document(self) -> bool:
        """The device says, in one way or another, that it has not the whole document."""
        if self.documents == 0 or not _WITHOUT_DATA.isdisjoint(self.reasons):
            return True
        waiting = self.state in (JobState.PENDING, JobState.PENDING_HELD)
        return waiting and self.documents is None and self.k_octets == 0


def read_job(group: Group) -> JobView | None:
    """None when there is no job-id or job-state: a device that says so little cannot be followed."""
    job_id, state = group.integer("job-id"), group.integer("job-state")
    if job_id is None or job_id < 1 or state is None:
        return None
    counts = (group.integer("job-impressions-completed"), group.integer("job-media-sheets-completed"))
    return JobView(
        id=job_id,
        uuid=(group.string("job-uuid") or "").strip()[:100].replace(" ", "") or None,
        name=group.string("job-name"),
        state=state,
        reasons=read_reasons(group, "job-state-reasons"),
        printer_reasons=read_reasons(group, "job-printer-state-reasons"),
        message=clean_text(group.string("job-state-message") or ""),
        documents=group.integer("number-of-documents"),
        pages=next((count for count in counts if count is not None and count >= 0), None),
        k_octets=group.integer("job-k-octets"),
        up_time=group.integer("job-printer-up-time"),
    )


def parse_remote_id(remote_id: str | None) -> tuple[int, str | None] | None:
    """Job-id and job-uuid of what `JobView.remote_id` wrote, or None."""
    number, _, uuid = (remote_id or "").partition(" ")
    return (int(number), uuid or None) if number.isascii() and number.isdigit() else None


def is_ours(job: JobView, request: DeliveryRequest, uuid: str | None, *, fresh: bool) -> bool:
    """Whether the job found by its id is really ours: numbers begin anew when a device restarts.

    `fresh`: the device gave us that id in this very call; then what it does not tell is no proof against it, and a
    uuid outweighs a name that it may have replaced. Later a name that is not ours outweighs a uuid, which some devices
    make from nothing but the number, and who tells neither proves nothing.
    """
    same = uuid == job.uuid if uuid and job.uuid else None
    if same is False:
        return False
    if job.name is None or _is_beginning(job.name, request):
        return bool(same) or fresh
    return bears_name(job, request.name) or (fresh and same is True)


def _is_beginning(told: str, request: DeliveryRequest) -> bool:
    """The device has cut our name off the job's name, with or without some of the title."""
    full = format_job_name(request.title, request.name)
    return not bears_text(told, request.name) and full.startswith(told.strip())


def bears_name(job: JobView, name: str) -> bool:
    """The job's name holds ours as a whole word; where in it does not matter, for devices may pad."""
    return job.name is not None and bears_text(job.name, name)


def bears_text(text: str, name: str) -> bool:
    """`text` holds `name` as a whole word. No regular expression: each delivery's would have to be compiled."""
    start = text.find(name)
    while start >= 0:
        before, after = text[max(start - 1, 0) : start], text[start + len(name) :][:1]
        if before not in _IN_WORDS and after not in _IN_WORDS:
            return True
        start = text.find(name, start + 1)
    return False


def format_job_name(title: str, name: str) -> str:
    """`TITLE · NAME` in at most 255 octets of UTF-8: the title is cut, the name never."""
    room = NAME_OCTETS - len((_SEPARATOR + name).encode())
    head = v.cut_octets(clean_text(title), max(room, 0)).rstrip()
    return f"{head}{_SEPARATOR}{name}" if head else name


def read_job_name(text: str) -> str:
    """The name that `format_job_name` has put at the end; anything, where somebody else has named the job."""
    return text.rpartition(_SEPARATOR)[2].strip()


def _cut(text: str, octets: int = NAME_OCTETS) -> str:
    return v.cut_octets(clean_text(text), octets)


def describe_request(request: DeliveryRequest) -> list[Attribute]:
    """Operation attributes of Create-Job and Print-Job."""
    return [
        attribute("requesting-user-name", v.name(_cut(request.sender))),
        attribute("job-name", v.name(format_job_name(request.title, request.name))),
        attribute("ipp-attribute-fidelity", v.boolean(False)),
    ]


def describe_document(request: DeliveryRequest) -> list[Attribute]:
    """Operation attributes that belong to the document."""
    return [
        attribute("document-name", v.name(_cut(request.title) or request.name)),
        attribute("document-format", v.mime_type(request.rendition.format)),
    ]


def describe_ticket(request: DeliveryRequest, printer: Capabilities) -> list[Attribute]:
    """Job attributes: what the sender chose, as far as the printer offers it.

    Page ranges, pages on a side and orientation are never asked: the document has them already (`plan.classify`).
    """
    chosen, ticket = request.options, []
    if chosen.copies > 1 and printer.copies_max > 1:
        ticket.append(attribute("copies", v.integer(min(chosen.copies, printer.copies_max))))
    sides = chosen.sides
    if sides is not None and sides in printer.sides:
        ticket.append(attribute("sides", v.keyword(sides.value)))
    if chosen.media is not None and (chosen.media in printer.media or chosen.media in printer.media_ready):
        ticket.append(attribute("media", v.keyword(chosen.media)))
    if chosen.color is not ColorMode.AUTO and printer.color is not None:
        ticket.append(attribute("print-color-mode", v.keyword(chosen.color.value)))
    if chosen.quality is not None and chosen.quality in printer.qualities:
        ticket.append(attribute("print-quality", v.enum(chosen.quality)))
    words = _list_scalings(request)
    scaling = next((word for word in words if word in printer.print_scaling), None)
    if scaling is not None:
        ticket.append(attribute("print-scaling", v.keyword(scaling)))
    return ticket


def _list_scalings(request: DeliveryRequest) -> tuple[str, ...]:
    """The words for `print-scaling`, the best first. What was asked has been done in the rendition, and is asked of the
    device only when the document goes out as it came; a page that was to be filled or left as it is stays so."""
    asked = request.options.scaling
    if asked in (Scaling.AUTO, Scaling.AUTO_FIT):
        return ("fit", "auto-fit", "auto")
    if request.rendition.klass.passthrough:
        return (asked.value, "fit", "auto-fit", "auto")
    return ("fit", "auto-fit", "auto") if asked is Scaling.FIT else ("none", "auto", "auto-fit")
