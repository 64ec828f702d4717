"""multipart/form-data (RFC 7578), read as it arrives: files go straight into the spool, fields stay small.

File names may be raw UTF-8 (browsers), RFC 2231 (`filename*=`) or absent. Nothing is kept of a request that breaks off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from distserver.errors import BadRequest
from distserver.store.spool import Spool, Upload

_CHUNK = 64 << 10
_DELIMITER_EXTRA = 8  # what a delimiter has beside the boundary: CR LF -- before it, -- or CR LF behind
_FIELD_BYTES = 16 << 10
_FIELDS_BYTES = 4 << 20
_PARTS = 20_000
_FILES = 100
_SPACE_EVERY = 16 << 20


@dataclass(slots=True)
class Form:
    """What was sent: fields with all their values, and the uploads with the names people gave them, all finished."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    uploads: list[tuple[Upload, str]] = field(default_factory=list)


class FormReader:
    """Reads one request. The uploads belong to `stack`, which drops what has not been kept when it closes."""

    def __init__(
        self,
        spool: Spool,
        stack: ExitStack,
        *,
        limit: int,
        file_field: str,
        meter: Callable[[int], None] = lambda octets: None,
    ) -> None:
        """`meter` is told how many octets of files have come in all, and may raise to end it."""
        self._spool = spool
        self._stack = stack
        self._limit = limit
        self._file_field = file_field
        self._meter = meter
        self._octets = 0
        self._form = Form()
        self._upload: Upload | None = None
        self._name = ""
        self._value = bytearray()
        self._field_bytes = 0
        self._since_check = 0

    def read(self, stream: IO[bytes], content_type: str) -> Form:
        """Raises `BadRequest`, `LaterError`, and Werkzeug's errors for 413, 415 and a client that went away."""
        decoder = _Decoder(_boundary(content_type), max_form_memory_size=_FIELDS_BYTES, max_parts=_PARTS)
        try:
            for event in _events(decoder, stream):
                self._take(event)
        except ValueError as error:
            raise BadRequest("the multipart body is damaged: send it again as multipart/form-data") from error
        return self._form

    def _take(self, event: Event) -> None:
        if isinstance(event, File) or (isinstance(event, Field) and event.name == self._file_field):
            self._begin_file(event)
        elif isinstance(event, Field):
            self._name = event.name or ""
            self._value.clear()
        elif isinstance(event, Data):
            if self._upload is None:
                self._add_to_field(event)
            else:
                self._add_to_file(self._upload, event)

    def _begin_file(self, event: File | Field) -> None:
        name = event.filename if isinstance(event, File) else "document"
        if event.name != self._file_field:
            raise BadRequest(f"files are sent as the field '{self._file_field}', not '{event.name}'")
        if len(self._form.uploads) == _FILES:
            raise BadRequest(f"one job takes at most {_FILES} files")
        self._upload = self._stack.enter_context(self._spool.receive(limit=self._limit))
        self._name = name

    def _add_to_file(self, upload: Upload, event: Data) -> None:
        if upload.size + len(event.data) > self._limit:
            raise RequestEntityTooLarge(f"a document is larger than the {self._limit >> 20} MB that this server takes")
        upload.write(event.data)
        self._octets += len(event.data)
        self._meter(self._octets)
        self._since_check += len(event.data)
        if self._since_check > _SPACE_EVERY:
            self._spool.check_space()
            self._since_check = 0
        if not event.more_data:
            upload.finish()
            if self._name or upload.size:  # a browser sends an empty part without a name when no file was chosen
                self._form.uploads.append((upload, clean_file_name(self._name)))
            self._upload = None

    def _add_to_field(self, event: Data) -> None:
        self._value += event.data
        self._field_bytes += len(event.data)
        if len(self._value) > _FIELD_BYTES or self._field_bytes > _FIELDS_BYTES:
            raise RequestEntityTooLarge(f"the field '{self._name[:80]}' is too large")
        if not event.more_data:
            try:
                self._form.fields.setdefault(self._name, []).append(self._value.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise BadRequest(f"the field '{self._name[:80]}' is not UTF-8") from error


def clean_file_name(name: str) -> str:
    """The name as it is shown: its last part, without control characters, at most 255 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip()[:255] or "document"


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data":
        raise UnsupportedMediaType("send the job as multipart/form-data, the files as parts called 'document'")
    boundary = options.get("boundary", "")
    if not 1 <= len(boundary) <= 200 or not boundary.isascii():
        raise BadRequest("the Content-Type names no boundary: let your HTTP library write this header")
    return boundary.encode("ascii")


class _Decoder(MultipartDecoder):
    """Werkzeug's decoder, which in 3.1 takes the CR before a boundary for content when a piece ends just behind the
    boundary: here every line end near a piece's end waits for what follows."""

    def _last_partial_boundary_index(self, data: bytes | bytearray) -> int:
        start = max(0, len(data) - len(self.boundary) - _DELIMITER_EXTRA)
        ends = [place for mark in (b"\r", b"\n") if (place := data.find(mark, start)) >= 0]
        return min(ends, default=len(data))


def _events(decoder: MultipartDecoder, stream: IO[bytes]) -> Iterator[Event]:
    while True:
        try:
            data = stream.read(_CHUNK)
        except (ClientDisconnected, OSError) as error:
            raise BadRequest("the upload broke off before its end: send it again") from error
        decoder.receive_data(data or None)
        while not isinstance(event := decoder.next_event(), NeedData):
            yield event
            if isinstance(event, Epilogue):
                return
        if not data:
            raise BadRequest("the upload broke off before its end: send it again")
