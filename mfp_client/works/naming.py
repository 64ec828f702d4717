"""What a job is called on the board and in receipts when nobody gave its document a title."""

from __future__ import annotations

import time

from mfp_client.works.tools import WorksSettings

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def name_job(title: str, made: float, settings: WorksSettings) -> str:
    """The title; else when the document was made, by the device's clock, and at which device, in its language.

    The image ID is not in it: it is the name of the file, which stands beside the title."""
    if title.strip():
        return title
    when = time.localtime(made)
    clock = f"{when.tm_hour:02}:{when.tm_min:02}"
    if settings.language == "ja":
        return f"{when.tm_year}年{when.tm_mon}月{when.tm_mday}日 {clock} スキャン、{settings.name}"
    return f"Scan of {when.tm_mday} {_MONTHS[when.tm_mon - 1]} {when.tm_year} {clock}, {settings.name}"
