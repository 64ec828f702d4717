"""What somebody wants done, as a screen or a program says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from distwire.api.jobs import Sides
from mfp_client.memory.errors import WrongRequest
from mfp_client.memory.printout import MOST_COPIES
from mfp_client.memory.wishes import read_id
from mfp_client.works.faults import WrongWish

Kind = Literal[
    "distribute-document",
    "fax",
    "store",
    "copy",
    "take-out",
    "distribute-file",
    "fax-stored",
    "process",
    "sheet",
    "read-sheets",
]
Line = Annotated[str, Field(min_length=1, max_length=1024)]
_SCANS = ("distribute-document", "fax", "store")
_NAMED = ("take-out", "distribute-file", "fax-stored", "process", "sheet")
_FAXES = ("fax", "fax-stored")


def _read_image_id(value: object) -> object:
    try:
        return read_id(str(value))
    except WrongRequest as error:
        raise ValueError(str(error)) from error


ImageId = Annotated[int, BeforeValidator(_read_image_id)]


class ScanWish(BaseModel):
    """How pages are read; `scanner` empty is the device's first one. Words of PWG 5100.17."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["auto", "adf", "platen"] = "auto"
    duplex: bool = False
    resolution: int = Field(default=300, ge=30, le=2400)
    color: Literal["bi-level", "monochrome", "color"] = "monochrome"
    remove_blank: bool = False
    scanner: str = Field(default="", max_length=1024)


class Wishes(BaseModel):
    """All that may be wished; which of it counts depends on the kind of task.

    `keep` left open keeps what was stored before, and nothing else. `unfinished` is the image ID of a document that
    broke off: it takes the place of the scan. Without `review` a task that sends starts to send by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scan: ScanWish = Field(default_factory=ScanWish)
    unfinished: ImageId | None = None
    ids: tuple[ImageId, ...] = Field(default=(), max_length=200)
    groups: tuple[Line, ...] = Field(default=(), max_length=1000)
    destinations: tuple[Line, ...] = Field(default=(), max_length=10_000)
    to: tuple[Line, ...] = Field(default=(), max_length=1000)
    title: str = Field(default="", max_length=200)
    keep: bool | None = None
    sheet: bool = False
    private: bool = False
    keep_days: int | None = Field(default=None, ge=1, le=3650)
    copies: int = Field(default=1, ge=1, le=MOST_COPIES)
    sides: Sides | None = None
    number_up: Literal[1, 2, 4] = 1
    action: Literal["copy", "move", "erase"] | None = None
    medium: str = Field(default="", max_length=4096)
    format: Literal["tiff", "pdf"] = "tiff"
    review: bool = True


def read_wishes(kind: str, said: Mapping[str, object]) -> tuple[Kind, Wishes]:
    """The wishes of a kind of task. Raises `WrongWish` with the field at fault."""
    if kind not in Kind.__args__:  # type: ignore[attr-defined]
        raise WrongWish("wrong-wish", f"there is no task '{kind}'", field="kind")
    told = {name: value for name, value in said.items() if name not in ("kind", "id") and value is not None}
    try:
        wishes = Wishes.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise WrongWish("wrong-wish", f"{field}: {first['msg']}", field=field) from error
    return kind, wishes  # type: ignore[return-value]


def check_wishes(kind: Kind, wishes: Wishes, *, complete: bool = True) -> Wishes:
    """Raises `WrongWish` for what a kind of task needs and has not; `complete`: also whom it goes to."""
    if kind in _NAMED and not wishes.ids:
        raise WrongWish("no-document", "no document is named: type an image ID, or lay a mark sheet in", field="ids")
    if kind == "process":
        _check_process(wishes)
    if wishes.sheet and kind in ("distribute-document", "fax") and not wishes.keep:
        raise WrongWish("sheet-needs-keep", "a mark sheet is for a document that is kept", field="sheet")
    if complete and kind in ("distribute-document", "distribute-file") and not (wishes.groups or wishes.destinations):
        raise WrongWish("no-destination", "choose at least one group or destination", field="groups")
    if complete and kind in _FAXES and not (wishes.to or wishes.destinations):
        raise WrongWish("no-destination", "type a number, or choose a destination", field="to")
    if wishes.unfinished is not None and kind not in _SCANS:
        raise WrongWish("wrong-wish", "a document that broke off is stored or sent, nothing else", field="unfinished")
    return wishes


def _check_process(wishes: Wishes) -> None:
    if wishes.action is None:
        raise WrongWish("wrong-wish", "choose what is done: copy, move or erase", field="action")
    if wishes.action != "erase" and not wishes.medium:
        raise WrongWish("no-medium", "choose a medium", field="medium")
