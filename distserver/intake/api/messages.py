"""Records of `distserver.model` → messages of `distwire.api`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from distserver.groups.options import conceal
from distserver.groups.printer import printer_uri
from distserver.groups.problems import LineError
from distserver.groups.snapshot import Group, Snapshot
from distserver.model.accounts import Token, User
from distserver.model.address import Destination
from distserver.model.documents import PrintOptions
from distserver.model.jobs import Answer, AttemptView, DeliveryView, JobView
from distserver.model.pages import format_page_ranges
from distserver.model.quotas import Allowance
from distserver.model.stops import Stop
from distserver.report import words
from distserver.settings import Settings
from distwire.api import accounts as account_messages
from distwire.api import groups as group_messages
from distwire.api import jobs as job_messages

if TYPE_CHECKING:  # commands that read files alone need no database
    from distserver.store.audit import AuditEntry


def to_time(seconds: float) -> datetime:
    """Seconds since the epoch → a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def to_optional_time(seconds: float | None) -> datetime | None:
    return None if seconds is None else to_time(seconds)


def to_group_summary(group: Group, settings: Settings, stop: Stop | None = None) -> group_messages.GroupSummary:
    stop = stop or Stop(group.file)
    return group_messages.GroupSummary(
        file=group.file,
        name=group.name,
        members=len(group.members),
        errors=len(group.errors),
        owners=list(group.owners),
        printer_uri=printer_uri(settings, group.file),
        paused=stop.paused is not None,
        accepting=stop.accepting,
    )


def to_group(snapshot: Snapshot, group: Group, settings: Settings, stop: Stop | None = None) -> group_messages.Group:
    return group_messages.Group(
        **to_group_summary(group, settings, stop).model_dump(),
        destinations=[to_destination(member) for member in snapshot.members(group)],
        problems=[to_line_problem(problem) for problem in group.problems],
    )


def to_member_lists(snapshot: Snapshot) -> group_messages.MemberLists:
    each: dict[str, Destination] = {}
    for group in snapshot.groups:
        each |= {member.address.uri: member for member in group.members if member.address.uri not in each}
    return group_messages.MemberLists(
        groups=[
            group_messages.GroupMembers(
                file=group.file, name=group.name, members=[member.address.uri for member in group.members]
            )
            for group in snapshot.groups
        ],
        destinations=[to_destination(snapshot.resolve(member)) for member in each.values()],
    )


def to_destination(destination: Destination) -> group_messages.Destination:
    shown = {key: conceal(key, value) for key, value in destination.options}
    return group_messages.Destination(
        name=destination.name,
        address=destination.address.written,
        uri=destination.address.uri,
        channel=destination.address.channel,
        options=shown,
    )


def to_line_problem(problem: LineError) -> group_messages.LineProblem:
    severity: str = problem.severity.value
    return group_messages.LineProblem.model_validate(
        {"file": problem.file, "line": problem.line, "reason": problem.reason, "severity": severity}
    )


def to_job(job: JobView) -> job_messages.Job:
    return job_messages.Job.model_validate(
        {
            "id": job.id,
            "title": job.title,
            "sender": job.sender,
            "state": job.state.value,
            "reasons": job.reasons,
            "words": words.describe_job(job).sentence,
            "priority": job.priority.value,
            "options": _option_values(job.options),
            "chosen": job.groups,
            "counts": {**asdict(job.counts), "total": job.counts.total},
            "documents": [
                {"number": n, "name": d.name, "format": d.format, "size": d.size, "pages": d.pages}
                for n, d in enumerate(job.documents, start=1)
            ],
            "keep": job.keep,
            "held": job.held,
            "document_erased": job.document_erased,
            "created": to_time(job.created),
            "updated": to_time(job.updated),
            "not_before": to_optional_time(job.not_before),
            "deadline": to_optional_time(job.deadline),
            "ended": to_optional_time(job.ended),
        }
    )


def _option_values(options: PrintOptions) -> dict[str, object]:
    return {
        **asdict(options),
        "page_ranges": format_page_ranges(options.page_ranges) or None,
        "orientation": options.orientation.word if options.orientation else None,
    }


def to_delivery(delivery: DeliveryView, job: JobView) -> job_messages.Delivery:
    return job_messages.Delivery.model_validate(_delivery_values(delivery, job))


def to_delivery_with_attempts(
    delivery: DeliveryView, attempts: list[AttemptView], job: JobView
) -> job_messages.DeliveryWithAttempts:
    history = [
        {**asdict(attempt), "started": to_time(attempt.started), "ended": to_time(attempt.ended)}
        for attempt in attempts
    ]
    return job_messages.DeliveryWithAttempts.model_validate({**_delivery_values(delivery, job), "history": history})


def _delivery_values(delivery: DeliveryView, job: JobView) -> dict[str, object]:
    return {
        "id": delivery.id,
        "job": delivery.job_id,
        "number": delivery.number,
        "destination": delivery.name,
        "address": delivery.address,
        "channel": delivery.channel,
        "groups": delivery.groups,
        "state": delivery.state.value,
        "evidence": delivery.evidence.value,
        "reason": delivery.reason,
        "words": words.describe_delivery(delivery, job=job).sentence,
        "message": delivery.message,
        "device_reasons": delivery.device_reasons,
        "attempts": delivery.attempts,
        "pages": delivery.pages,
        "pages_total": delivery.pages_total,
        "rendition": delivery.rendition,
        "resend": delivery.resend.value,
        "cancel_requested": delivery.cancel_requested,
        "created": to_time(delivery.created),
        "updated": to_time(delivery.updated),
        "started": to_optional_time(delivery.started),
        "ended": to_optional_time(delivery.ended),
        "next_try": to_optional_time(delivery.next_try),
    }


def to_answer(answer: Answer) -> job_messages.Answer:
    return job_messages.Answer(
        job=to_job(answer.job),
        changed=answer.changed,
        asked=answer.asked,
        left=answer.left,
        message=_tell(answer),
    )


def _tell(answer: Answer) -> str:
    if answer.job.state.ended and not answer.changed and not answer.asked:
        return f"job {answer.job.id} has ended already: nothing is changed"
    return answer.message


def to_allowance(one: Allowance) -> account_messages.Allowance:
    return account_messages.Allowance.model_validate(
        {
            "measure": one.limit.measure.value,
            "window": one.limit.window.value,
            "limit": one.limit.amount,
            "used": one.used,
            "left": one.left,
            "renewed": to_time(one.renewed),
        }
    )


def to_user(user: User, allowances: Iterable[Allowance] = ()) -> account_messages.User:
    return account_messages.User.model_validate(
        {
            "name": user.name,
            "role": user.role.value,
            "disabled": user.disabled,
            "has_password": user.has_password,
            "created": to_time(user.created),
            "quota": None if user.quota is None else str(user.quota),
            "allowances": [to_allowance(one) for one in allowances],
        }
    )


def to_token(token: Token) -> account_messages.Token:
    return account_messages.Token.model_validate(_token_values(token))


def to_token_secret(token: Token, secret: str) -> account_messages.TokenSecret:
    return account_messages.TokenSecret.model_validate({**_token_values(token), "secret": secret})


def _token_values(token: Token) -> dict[str, object]:
    used = to_optional_time(token.used)
    return {**asdict(token), "role": token.role.value, "created": to_time(token.created), "used": used}


def to_audit_entry(entry: AuditEntry) -> account_messages.AuditEntry:
    return account_messages.AuditEntry.model_validate({**asdict(entry), "at": to_time(entry.at)})
