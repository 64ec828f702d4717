"""Which group an address means: `sales@`, `distserver+sales@`, or `distserver@` and a subject `to: sales; TITLE`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from distserver.errors import BadRequest, Conflict, NotFound
from distserver.groups.recfile import SUFFIX
from distserver.groups.snapshot import Group, Snapshot, fold_name

_BETWEEN = re.compile(r"[^\w]+")
_SUBJECT = re.compile(
    r"\s*to\s*[:\N{FULLWIDTH COLON}]\s*([^;\N{FULLWIDTH SEMICOLON}]+)[;\N{FULLWIDTH SEMICOLON}]?\s*(.*)\Z", re.I
)
CONFIRM = "confirm-"
"""Behind the plus of our mailbox, before the code of a confirmation."""
_CODE = re.compile(rf"(?i)(\+{CONFIRM})[^@]*")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a mail goes: to a `group`; to our own mailbox; or, with a `code`, in answer to a question of ours."""

    address: str
    group: Group | None = None
    code: str = ""


def read_recipient(address: str, snapshot: Snapshot, domains: Collection[str], mailbox: str) -> Recipient:
    """Raises `NotFound` for what is no address here, and `Conflict` when it means several groups."""
    local, at, domain = address.strip().rpartition("@")
    if not at or domain.lower().rstrip(".") not in domains:
        raise NotFound(f"mail for '{domain[:80]}' is not taken here: the addresses of groups end in @{min(domains)}")
    local = local.strip('"')
    box, plus, rest = local.partition("+")
    if box.lower() != mailbox.lower():
        return Recipient(address, find_group(local, snapshot))
    if not plus:
        return Recipient(address)
    if rest.lower().startswith(CONFIRM):
        return Recipient(address, code=rest[len(CONFIRM) :].lower())
    return Recipient(address, find_group(rest, snapshot))


def conceal_code(address: str) -> str:
    """As it may stand in a log: who has a code may let a mail out."""
    return _CODE.sub(r"\1…", address)


def find_group(word: str, snapshot: Snapshot) -> Group:
    """By file name without `.rec`, or by name, with whatever stands between its words. Strangers ask here, too: nobody
    is told what other groups there are. Raises `NotFound`, `Conflict`."""
    wanted = _slug(word.removesuffix(SUFFIX))
    filed = [group for group in snapshot.groups if _slug(group.file.removesuffix(SUFFIX)) == wanted]
    found = filed or [group for group in snapshot.groups if _slug(group.name) == wanted]
    if not wanted or not found:
        raise NotFound(f"there is no group '{word[:80]}' here: mail to the name of its file, without .rec")
    if len(found) > 1:
        raise Conflict(f"'{word[:80]}' means several groups: mail to the name of the file of the one you mean")
    return found[0]


def read_subject(subject: str, snapshot: Snapshot) -> tuple[Group, str]:
    """The group that a subject names, and the title behind it. Raises `BadRequest` when it names none, and as
    `find_group`."""
    match = _SUBJECT.match(subject)
    if match is None:
        raise BadRequest("the subject names no group: write 'to: GROUP' or 'to: GROUP; TITLE', or mail to the group")
    return find_group(match[1].strip(), snapshot), match[2].strip()


def _slug(text: str) -> str:
    return _BETWEEN.sub("-", fold_name(text)).replace("_", "-").strip("-")
