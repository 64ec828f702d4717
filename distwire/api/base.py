"""What all messages have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


def format_time(moment: datetime) -> str:
    """RFC 3339 with microseconds and offset, always in UTC: such texts sort as the times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


Time = Annotated[AwareDatetime, PlainSerializer(format_time, return_type=str, when_used="json")]
"""A moment; on the wire RFC 3339 with an offset, such as `2026-04-01T09:30:00.000000+00:00`."""


class Message(BaseModel):
    """What a server sends: fields unknown to an older client are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Request(BaseModel):
    """What a client asks: an unknown field is refused, since it is most often a misspelt one."""

    model_config = ConfigDict(frozen=True, extra="forbid")
