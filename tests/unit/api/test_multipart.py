"""Multipart bodies are read the same however they are cut into pieces."""

from __future__ import annotations

import io
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException

from distserver.cli.upload import encode_form
from distserver.errors import BadRequest, DistserverError
from distserver.intake.api.multipart import FormReader, clean_file_name
from distserver.store.spool import Spool


class _Pieces(io.RawIOBase):
    """Gives `data` in pieces of these sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data, self._sizes = data, sizes

    def read(self, size: int = -1) -> bytes:
        step = self._sizes.pop(0) if self._sizes else size
        taken, self._data = self._data[:step], self._data[step:]
        return taken


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Spool:
    return Spool(tmp_path_factory.mktemp("spool"), reserve_mb=0)


def _read(spool: Spool, body: bytes, content_type: str, sizes: list[int]) -> tuple[dict[str, list[str]], list[object]]:
    with ExitStack() as stack:
        reader = FormReader(spool, stack, limit=1 << 20, file_field="document")
        form = reader.read(_Pieces(body, sizes), content_type)  # type: ignore[arg-type]
        return form.fields, [(upload.path.read_bytes(), name) for upload, name in form.uploads]


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_contents = st.binary(max_size=300) | st.sampled_from([b"\r\n--", b"\r\n" * 50, b"--boundary--\r\n", b"\r"])


@settings(deadline=None)  # the machine may be busy
@given(
    fields=st.lists(st.tuples(st.sampled_from(["group", "title"]), _texts), max_size=4),
    contents=st.lists(_contents, max_size=3),
    sizes=st.lists(st.integers(1, 70), max_size=60),
)
def test_what_our_client_writes_our_server_reads(
    spool: Spool, fields: list[tuple[str, str]], contents: list[bytes], sizes: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"書類{number}.pdf" for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        body = encode_form(fields, paths)
        data = b"".join(body.chunks)
    assert body.length == len(data)
    found, files = _read(spool, data, body.content_type, sizes)
    assert found == {name: [v for n, v in fields if n == name] for name in dict.fromkeys(n for n, _ in fields)}
    assert files == [(content, path.name) for content, path in zip(contents, paths, strict=True)]
    assert list(spool.incoming.iterdir()) == []


@given(data=st.binary(max_size=400), sizes=st.lists(st.integers(1, 40), max_size=20))
def test_arbitrary_bytes_end_in_one_of_our_errors_and_leave_nothing(
    spool: Spool, data: bytes, sizes: list[int]
) -> None:
    body = b"--b\r\n" + data.replace(b"#", b'\r\nContent-Disposition: form-data; name="document"; filename="x"\r\n\r\n')
    with suppress(DistserverError, HTTPException):
        _read(spool, body, "multipart/form-data; boundary=b", sizes)
    assert list(spool.incoming.iterdir()) == []


@given(name=st.text(max_size=400))
def test_shown_file_names_are_short_printable_and_no_path(name: str) -> None:
    shown = clean_file_name(name)
    assert 1 <= len(shown) <= 255
    assert shown.isprintable()
    assert not {"/", "\\"} & set(shown)


class _Broken(io.RawIOBase):
    """A chunked body whose client went away, as the web server tells it."""

    def read(self, _size: int = -1) -> bytes:
        raise OSError("no more data")


def test_a_line_that_drops_is_told_as_such(spool: Spool) -> None:
    with ExitStack() as stack, pytest.raises(BadRequest, match="broke off"):
        reader = FormReader(spool, stack, limit=1, file_field="document")
        reader.read(_Broken(), "multipart/form-data; boundary=b")  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"", b"\r", b"x\r", b"\r\n"])
def test_a_cut_at_any_byte_leaves_the_content_as_it_was(spool: Spool, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.pdf"
    path.write_bytes(content)
    body = encode_form([], [path])
    data = b"".join(body.chunks)
    for size in range(1, len(data)):
        assert _read(spool, data, body.content_type, [size])[1] == [(content, "cut.pdf")]
