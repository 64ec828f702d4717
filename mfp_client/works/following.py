"""What becomes of jobs on the server: each delivery as it changes, until all have ended (SPEC N6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from distwire.api.failures import ApiError, Refused, Unreachable
from distwire.api.jobs import Delivery, Job
from mfp_client.works.backoff import Backoff
from mfp_client.works.errand import Errand, Retried
from mfp_client.works.faults import SignInNeeded, explain
from mfp_client.works.progress import Progress, Trouble

_ENDED = ("completed", "aborted", "canceled")
_SOON, _LATEST = 0.5, 5.0


@dataclass
class _Followed:
    """A job, and what is known of its deliveries; `as_of` is what the server said last."""

    job: Job
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    as_of: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.job.state in _ENDED and all(one.state in _ENDED for one in self.deliveries.values())


def follow_jobs(errand: Errand, jobs: Sequence[Job]) -> None:
    """Until all have ended; those that failed are sent again when somebody wants it, so this returns only after a good
    end. Raises `Stopped`."""
    followed = [_Followed(job) for job in jobs]
    errand.enter("following")
    backoff, pause = Backoff(), _SOON
    over, refusal = False, None
    while True:
        try:
            changed = [_look(errand, one) for one in followed if not one.ended or one.as_of is None]
        except (Unreachable, SignInNeeded) as error:
            trouble = Trouble(*explain(error))
            errand.board.show(words=trouble.words, error=trouble)
            pause = backoff.fail()
        except ApiError as error:
            keyword, words, facts = explain(error)
            errand.board.show(step="failed", error=Trouble(keyword, words, facts))
            if not isinstance(error, Refused) or not error.later:
                return
            pause = max(_SOON, error.retry_after or backoff.fail())
        else:
            backoff.succeed()
            pause = _SOON if any(changed) else min(_LATEST, pause * 1.5)
            failed = _show(errand, followed, refusal)
            over = all(one.ended for one in followed)
            if over and not failed:
                return
        said = errand.listen(None if over else pause)
        if isinstance(said, Retried):
            refusal = _retry(errand, followed, said.numbers)
            pause, over = _SOON, False


def _look(errand: Errand, followed: _Followed) -> bool:
    """Ask what has changed; whether anything has."""
    user, link = errand.task.person.name, errand.tools.link
    after, changed, as_of = 0, False, None
    while True:
        page = link.deliveries(user, followed.job.id, after, followed.as_of)
        as_of = as_of or page.as_of
        for one in page.deliveries:
            changed = changed or followed.deliveries.get(one.number) != one
            followed.deliveries[one.number] = one
        if page.next is None or page.next <= after:  # a server that leads back would never end
            break
        after = page.next
    if changed or page.state != followed.job.state or followed.as_of is None:
        followed.job = link.job(user, followed.job.id)
        changed = True
    followed.as_of = as_of
    return changed


def _show(errand: Errand, followed: Sequence[_Followed], refusal: Trouble | None) -> int:
    """Tell how far they are, and why they were not sent again, if so; how many deliveries have failed."""
    deliveries = [one for job in followed for one in job.deliveries.values()]
    ended = sum(one.state in _ENDED for one in deliveries)
    failed = sum(one.state == "aborted" for one in deliveries)
    over = all(one.ended for one in followed)
    words = "" if not over else f"{failed} of {len(deliveries)} failed" if failed else ""
    errand.board.show(
        step="done" if over else "following",
        words=words,
        error=refusal or errand.lasting,
        jobs=tuple(one.job for one in followed),
        deliveries=tuple(deliveries),
        progress=Progress(ended, len(deliveries), failed, "deliveries"),
    )
    return failed


def _retry(errand: Errand, followed: Sequence[_Followed], numbers: tuple[int, ...] | None) -> Trouble | None:
    """Send again, to follow on; why one was not. With several jobs all that failed are meant: numbers would not tell
    of which."""
    refusal = None
    chosen = numbers if len(followed) == 1 else None
    for one in followed:
        if not any(each.state == "aborted" for each in one.deliveries.values()):
            continue
        try:
            one.job = errand.tools.link.retry(errand.task.person.name, one.job.id, chosen).job
        except (ApiError, SignInNeeded) as error:
            keyword, words, facts = explain(error)
            refusal = Trouble(keyword, words, facts)
        else:
            one.as_of = None
            errand.board.show(step="following", words="", error=errand.lasting)
    return refusal
