"""A document that shall be sent: to whom, how, and under which key."""

from __future__ import annotations

import re
import time
import uuid

from pydantic import BaseModel, Field

from distwire.api.jobs import SubmissionForm

_KEY = re.compile(r"[A-Za-z0-9-]{8,80}")
_NO_UNICODE = re.compile("[\ud800-\udfff]")


class BadKey(ValueError):
    """A key that cannot name a folder."""


class Order(BaseModel):
    """`key` makes one job of it however often it is sent; `name` is the document's name for the server; `folder` is the
    watched folder that it came from, empty where it did not."""

    key: str
    server: str
    name: str
    form: SubmissionForm
    since: float = Field(default_factory=time.time)
    folder: str = ""

    @property
    def title(self) -> str:
        """What people call it."""
        return self.form.title or self.name


def make_key() -> str:
    """A key that no other order has."""
    return uuid.uuid4().hex


def derive_key(*facts: object) -> str:
    """The same key for the same facts: what is found twice is sent once."""
    told = "\n".join(map(str, facts)).encode("utf-8", "backslashreplace").decode()  # a file's name may be no Unicode
    return uuid.uuid5(uuid.NAMESPACE_URL, told).hex


def make_readable(name: str) -> str:
    """A file's name, with a sign for each octet in it that is no Unicode (PEP 383): servers and JSON take none."""
    return _NO_UNICODE.sub("\ufffd", name)


def check_key(key: str) -> str:
    """The key, if it can name a folder. Raises `BadKey`."""
    if not _KEY.fullmatch(key):
        raise BadKey(f"'{key}' is no key of an order: `pc-client outbox` lists them")
    return key
