"""What can be wrong with a wish to the image memory; `keyword` is for programs, the message for people."""

from __future__ import annotations

import errno
import time


class MemoryFault(Exception):
    """Root of all of them."""

    keyword = "image-memory-error"

    def __init__(self, words: str = "", **facts: object) -> None:
        super().__init__(words)
        self.facts = facts
        """They fill the blanks of other languages' sentences."""


class NotStored(MemoryFault):
    """No document has, or ever had, this image ID."""

    keyword = "image-not-found"


class Erased(MemoryFault):
    """The document that had this image ID is gone."""

    keyword = "image-erased"


class Moved(Erased):
    """The document that had this image ID was moved to a medium; `facts`: `to` which ("" where that is not told), and
    `when` (of the epoch)."""

    keyword = "image-moved"


class Expired(MemoryFault):
    """The document's time is over."""

    keyword = "image-expired"


class NotYours(MemoryFault):
    """It takes the owner of the document."""

    keyword = "image-not-yours"


class StillOpen(MemoryFault):
    """Pages are still being added."""

    keyword = "image-still-open"


class StillWaiting(MemoryFault):
    """The document has not been sent yet, and was promised to be."""

    keyword = "image-not-sent-yet"


class MemoryFull(MemoryFault):
    """There is no room; the message says what to erase."""

    keyword = "image-memory-full"


class Damaged(MemoryFault):
    """The file of a document is not the one that was stored."""

    keyword = "image-damaged"


class Unreadable(MemoryFault):
    """A file that should be stored cannot be read as a document."""

    keyword = "document-format-error"


class Unusable(MemoryFault):
    """The folder of the image memory cannot be used."""

    keyword = "image-memory-unusable"


class WrongRequest(MemoryFault):
    """What was asked for makes no sense, such as storing a document without pages."""

    keyword = "wrong-request"


class MediumFull(MemoryFault):
    """The medium has no room for the document."""

    keyword = "medium-full"


class MediumGone(MemoryFault):
    """There is no medium, it was pulled, or it does not take what is written."""

    keyword = "medium-gone"


class NameTaken(MemoryFault):
    """The medium has another file of the document's name."""

    keyword = "medium-name-taken"


class NotPrinted(MemoryFault):
    """The printer or queue does not take the document."""

    keyword = "not-printed"


def is_full(error: OSError) -> bool:
    """Whether a disk has no room (or the user no share of it left)."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def say_id(image_id: int) -> str:
    """An image ID as people read it, in two groups of four; everything that takes one takes the space too."""
    return f"{image_id // 10_000:04} {image_id % 10_000:04}"


def say_size(octets: int) -> str:
    """`3.2 MB`, as people compare sizes."""
    size = float(octets)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def say_date(moment: float) -> str:
    """The day and time of this machine."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
