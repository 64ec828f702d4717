"""A client's settings as one frozen record: each field has a kind, a default and a paragraph."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, TypeVar

from distwire.local import kinds

R = TypeVar("R")


@dataclass
class SettingFault(Exception):
    """What is wrong with which setting."""

    name: str
    words: str


def setting(default: Any, kind: kinds.Kind, paragraph: str) -> Any:
    """A field of such a record."""
    return field(default=default, metadata={"kind": kind, "text": paragraph})


def check_record(record: type[R], table: dict[str, Any], lister: str) -> R:
    """The record of a table of TOML. Raises `SettingFault` for the first setting that cannot be used; `lister` is the
    command that lists them."""
    known = {item.name: item for item in dataclasses.fields(record)}  # type: ignore[arg-type]
    values = {}
    for key, value in table.items():
        if key not in known:
            raise SettingFault(key, f"there is no such setting; `{lister}` lists all of them")
        try:
            values[key] = known[key].metadata["kind"](value)
        except kinds.Unusable as error:
            raise SettingFault(key, str(error)) from error
    return record(**values)
