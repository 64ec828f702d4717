"""What the image memory knows: documents, who asks for them, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass

from distwire.tiff import PageFacts

FIRST_ID, LAST_ID = 10_000_000, 99_999_999


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants something; an operator may see and erase what others own. Nobody's name is empty."""

    name: str = ""
    operator: bool = False


NOBODY = Asker()


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said of a document before its first page. `expires` is seconds since the epoch, None for never.

    A document without an owner cannot be private.
    """

    title: str = ""
    owner: str = ""
    private: bool = False
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A server that has the document, as its job, since when."""

    server: str
    job: str
    since: float


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A row of the attribute table. `facts` are those of the first page; `digest` is the file's SHA-256 (hex), empty
    while pages are added. `number` grows from document to document."""

    id: int
    number: int
    state: str
    token: bytes
    draft: Draft
    made: float
    pages: int
    octets: int
    facts: PageFacts | None
    digest: str
    copies: tuple[Copy, ...] = ()
    memo: str = ""
    """What its maker wants to find again, while it is not complete."""

    def may_see(self, asker: Asker) -> bool:
        """Whether somebody may see, print, send and copy it."""
        return not self.draft.private or self.may_change(asker)

    def may_change(self, asker: Asker) -> bool:
        """Whether somebody may erase or move it: its owner, where it has one."""
        return asker.operator or self.draft.owner in ("", asker.name)


@dataclass(frozen=True, slots=True)
class SendOrder:
    """A wish to send a document: to which server, what is asked of it (its own words), and whether the document goes
    once it is accepted there."""

    server: str
    request: str
    erase_after: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """An order that waits. `key` makes the server know it again: it is the same at each attempt."""

    key: str
    id: int
    order: SendOrder
    since: float


@dataclass(frozen=True, slots=True)
class Usage:
    """How full the memory is, in octets, and how many documents are in it."""

    octets: int
    limit: int
    documents: int


@dataclass(frozen=True, slots=True)
class Limits:
    """`octets` for all documents together; `reserve` stays free on the disk for others; a document that broke off while
    it was made is kept for `unclosed_seconds`."""

    octets: int = 4 * 10**9
    reserve: int = 64 * 10**6
    unclosed_seconds: float = 24 * 3600.0


DEFAULT_LIMITS = Limits()
