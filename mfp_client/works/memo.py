"""What a document was meant for, kept beside it until it is complete: who takes it up again need not say it anew."""

from __future__ import annotations

import json
from typing import Any

from mfp_client.works.progress import Task

_OF_THE_SCAN = {"scan", "unfinished", "review"}


def write_memo(task: Task) -> str:
    """Kind and wishes of a task, as JSON; not those of a scan, which is over."""
    wishes = task.wishes.model_dump(mode="json", exclude_defaults=True, exclude=_OF_THE_SCAN)
    return json.dumps({"kind": task.kind, "wishes": wishes}, ensure_ascii=False)


def read_memo(memo: str) -> dict[str, Any] | None:
    """What `write_memo` wrote: `kind` and `wishes`; None where nothing was."""
    return json.loads(memo) if memo else None
