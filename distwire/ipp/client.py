"""An asyncio IPP client: one request at a time or hundreds, documents streamed from disk, memory flat.

An answer of the device comes back as a `Message` whatever its status; a `TransferError` says that there was none.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from distwire.ipp import values as v
from distwire.ipp.answer import Response
from distwire.ipp.attributes import Attribute, Group, attribute
from distwire.ipp.auth import Challenge, answer_challenge, choose_challenge, parse_challenges
from distwire.ipp.body import Body, DocumentFile
from distwire.ipp.decode import Limits, decode_message
from distwire.ipp.encode import encode_message
from distwire.ipp.endpoint import Endpoint
from distwire.ipp.enums import Operation, Status
from distwire.ipp.errors import Malformed
from distwire.ipp.failures import ConnectionLost, HttpRefused, NotIpp, TransferError, leaves_doubt
from distwire.ipp.message import MEDIA_TYPE, VERSION_1_1, VERSION_2_0, Message, make_message
from distwire.ipp.pool import KEEP, TRUST, Pool
from distwire.ipp.tags import GroupTag

NEVER_TWICE = frozenset(
    (Operation.PRINT_JOB, Operation.PRINT_URI, Operation.CREATE_JOB, Operation.SEND_DOCUMENT, Operation.SEND_URI)
)
"""Operations that are never repeated unless the device has refused them in words."""

_UNAUTHORIZED = 401
_FRESH = -1.0
_MOST_FICKLE = 10_000


class IppClient:
    """Sends requests and keeps connections. Safe for any number of tasks of one event loop.

    `max_response` bounds an answer in bytes; `authorities` is a file of certificates to trust instead of the system's.
    """

    def __init__(self, *, max_response: int = 4 << 20, authorities: str | None = None) -> None:
        self._pool = Pool(authorities=authorities)
        self._limits = Limits(size=max_response)
        self._ids = itertools.count(1)
        self._challenges: dict[tuple[object, ...], Challenge] = {}
        self._versions: dict[str, tuple[int, int]] = {}
        self._fickle: set[str] = set()

    async def request(
        self,
        endpoint: Endpoint,
        operation: int,
        attributes: Iterable[Attribute] = (),
        groups: Sequence[Group] = (),
        document: DocumentFile | None = None,
    ) -> Message:
        """One request with `printer-uri` as its target. Raises `TransferError`; `Unencodable` for a wrong attribute.

        A device that does not know IPP/2.0 is spoken to in 1.1 from then on.
        """
        target = (attribute("printer-uri", v.uri(endpoint.uri)), *attributes)
        version = self._versions.get(endpoint.uri, VERSION_2_0)
        while True:
            message = make_message(operation, next(self._ids) & 0x7FFFFFFF, target, groups, version=version)
            answer = await self._post(endpoint, operation, Body(encode_message(message), document))
            if answer.code != Status.VERSION_NOT_SUPPORTED or version == VERSION_1_1:
                return answer
            version = self._versions[endpoint.uri] = VERSION_1_1

    async def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()
        await asyncio.sleep(0)  # lets the loop finish what the closing began

    async def get_printer_attributes(self, endpoint: Endpoint, requested: Sequence[str] = ("all",)) -> Message:
        """Get-Printer-Attributes (RFC 8011 §4.2.5)."""
        return await self.request(endpoint, Operation.GET_PRINTER_ATTRIBUTES, [_requested(requested)])

    async def validate_job(
        self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute]
    ) -> Message:
        """Validate-Job (RFC 8011 §4.2.3)."""
        return await self.request(endpoint, Operation.VALIDATE_JOB, operation, _job_group(job))

    async def create_job(self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute]) -> Message:
        """Create-Job (RFC 8011 §4.2.4)."""
        return await self.request(endpoint, Operation.CREATE_JOB, operation, _job_group(job))

    async def print_job(
        self, endpoint: Endpoint, operation: Iterable[Attribute], job: Sequence[Attribute], document: DocumentFile
    ) -> Message:
        """Print-Job (RFC 8011 §4.2.1)."""
        return await self.request(endpoint, Operation.PRINT_JOB, operation, _job_group(job), document)

    async def send_document(
        self, endpoint: Endpoint, job_id: int, operation: Iterable[Attribute], document: DocumentFile
    ) -> Message:
        """Send-Document with the last and only document of a job (RFC 8011 §4.3.1)."""
        target = attribute("job-id", v.integer(job_id))
        last = attribute("last-document", v.boolean(True))
        return await self.request(endpoint, Operation.SEND_DOCUMENT, [target, *operation, last], document=document)

    async def get_job_attributes(
        self, endpoint: Endpoint, job_id: int, user: str, requested: Sequence[str] = ("all",)
    ) -> Message:
        """Get-Job-Attributes (RFC 8011 §4.3.4)."""
        attributes = [attribute("job-id", v.integer(job_id)), _user(user), _requested(requested)]
        return await self.request(endpoint, Operation.GET_JOB_ATTRIBUTES, attributes)

    async def get_jobs(
        self, endpoint: Endpoint, user: str, which: str, limit: int, requested: Sequence[str]
    ) -> Message:
        """Get-Jobs of everybody (RFC 8011 §4.2.6); `which` is `completed` or `not-completed`."""
        attributes = [
            _user(user),
            attribute("limit", v.integer(limit)),
            _requested(requested),
            attribute("which-jobs", v.keyword(which)),
            attribute("my-jobs", v.boolean(False)),
        ]
        return await self.request(endpoint, Operation.GET_JOBS, attributes)

    async def cancel_job(self, endpoint: Endpoint, job_id: int, user: str) -> Message:
        """Cancel-Job (RFC 8011 §4.3.3)."""
        attributes = [attribute("job-id", v.integer(job_id)), _user(user)]
        return await self.request(endpoint, Operation.CANCEL_JOB, attributes)

    async def _post(self, endpoint: Endpoint, operation: int, body: Body) -> Message:
        """Send until it is answered with something else than a challenge that we can meet."""
        key = (*endpoint.origin, endpoint.user)
        answered = False
        for _ in range(3):
            challenge = self._challenges.get(key)
            response = await self._exchange(endpoint, operation, body, self._authorize(endpoint, challenge))
            if response.status != _UNAUTHORIZED:
                return self._read(response, with_document=body.document is not None)
            renewed = choose_challenge(parse_challenges(response.all_headers("www-authenticate")))
            if endpoint.user is None or renewed is None or (answered and not renewed.stale):
                self._challenges.pop(key, None)
                break
            self._challenges[key] = renewed
            answered = True
        raise HttpRefused(_UNAUTHORIZED)

    def _authorize(self, endpoint: Endpoint, challenge: Challenge | None) -> str | None:
        if challenge is None or endpoint.user is None:
            return None
        return answer_challenge(challenge, endpoint.user, endpoint.secret or "", endpoint.path)

    async def _exchange(self, endpoint: Endpoint, operation: int, body: Body, authorization: str | None) -> Response:
        """One POST; once more over a new connection when a kept one was dead, and a repetition does no harm."""
        repeatable = operation not in NEVER_TWICE
        connection = await self._pool.take(endpoint, KEEP if repeatable else self._trust(endpoint, operation))
        kept = not connection.fresh
        while True:
            try:
                response = await connection.exchange(
                    endpoint.path, authorization, body, endpoint.patience, self._limits.size
                )
            except ConnectionLost as error:
                connection.close()
                error.kept = kept and not error.answering
                if error.kept and not repeatable:
                    self._distrust(endpoint)
                if not error.kept or not repeatable:
                    raise
                kept = False
                connection = await self._pool.take(endpoint, _FRESH)
            except BaseException:
                connection.close()
                raise
            else:
                self._pool.give_back(endpoint, connection)
                return response

    def _trust(self, endpoint: Endpoint, operation: int) -> float:
        """How old a kept connection may be for what is not sent twice. For a document whose job has no id yet no risk
        is taken: many devices cannot say afterwards whether they have it."""
        return _FRESH if operation == Operation.PRINT_JOB or endpoint.uri in self._fickle else TRUST

    def _distrust(self, endpoint: Endpoint) -> None:
        """The device closes connections as they are used again: once is enough."""
        if len(self._fickle) >= _MOST_FICKLE:
            self._fickle.clear()
        self._fickle.add(endpoint.uri)

    def _read(self, response: Response, *, with_document: bool) -> Message:
        """What a final answer says. Where it says nothing of use, the document may have been taken all the same."""
        try:
            message = self._decode(response)
        except HttpRefused as error:
            error.whole = response.whole
            error.begun = with_document and response.whole and leaves_doubt(error.status)
            raise
        except NotIpp as error:
            error.whole = response.whole
            raise
        return message if response.whole else replace(message, heard_out=False)

    def _decode(self, response: Response) -> Message:
        if response.status != 200:
            raise HttpRefused(response.status, _retry_after(response))
        kind = (response.header("content-type") or MEDIA_TYPE).split(";")[0].strip().lower()
        if kind != MEDIA_TYPE:
            raise NotIpp(f"the answer is {kind}, not IPP: is this the address of a printer?", begun=True)
        try:
            message, _ = decode_message(response.body, limits=self._limits)
        except Malformed as error:
            raise NotIpp(f"the answer is no IPP message: {error}", begun=True) from error
        return message


def _retry_after(response: Response) -> float | None:
    text = (response.header("retry-after") or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _requested(names: Sequence[str]) -> Attribute:
    return attribute("requested-attributes", *v.keywords(names))


def _user(name: str) -> Attribute:
    return attribute("requesting-user-name", v.name(name))


def _job_group(job: Sequence[Attribute]) -> tuple[Group, ...]:
    return (Group(GroupTag.JOB, job),) if job else ()


__all__ = ["NEVER_TWICE", "DocumentFile", "Endpoint", "IppClient", "TransferError"]
