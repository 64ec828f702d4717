"""Stored documents on a removable medium (SPEC D12, "process stored image"): copied, or moved.

A copy gets its name when it has been read back and is what was stored; a document goes only then. A medium that is full
or was pulled leaves the document where it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mfp_client.memory.endings import Ending
from mfp_client.memory.errors import MediumFull, MediumGone, NameTaken, NotYours, is_full, say_id, say_size
from mfp_client.memory.records import Asker, StoredDocument
from mfp_client.memory.store import ImageMemory
from mfp_client.memory.sums import SummedFile, digest_of
from mfp_client.memory.take_out import PDF, TIFF, copy_out

SUFFIXES = {TIFF: ".tif", PDF: ".pdf"}
_UNFIT = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|]+')
"""What FAT, exFAT and NTFS do not take in a name."""

_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.EBADF, errno.ENOENT, errno.ENOMEDIUM)
_OVERHEAD = 256 << 10  # what a file system takes for itself
_MOST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Medium:
    """A folder of a medium. `same_disk` lets it lie on the disk of the memory: else a folder there is taken for the
    place of a medium that is not in. `written` is told how many octets of a copy are there; what it raises ends it."""

    folder: Path
    format: str = TIFF
    same_disk: bool = False
    written: Callable[[int], None] = lambda _octets: None


def copy_document(memory: ImageMemory, image_id: int, asker: Asker, medium: Medium) -> Path:
    """Copy a document; where it is. What is there already, and is the same, is not copied again. Raises `MediumFull`,
    `MediumGone`, `NameTaken`; else as `ImageMemory.find`, `read`."""
    return _copy(memory, memory.find(image_id, asker), medium)


def move_document(memory: ImageMemory, image_id: int, asker: Asker, medium: Medium) -> Path:
    """Copy a document, then erase it. Raises as `copy_document` and `ImageMemory.erase`; the document stays then,
    and the same call may follow."""
    document = memory.find(image_id, asker)
    if not document.may_change(asker):
        raise NotYours(f"document {say_id(image_id)} has an owner: only {document.draft.owner} may move it")
    path = _copy(memory, document, medium)
    memory.erase(image_id, asker, Ending("moved", _say_place(document, medium)))
    return path


def _say_place(document: StoredDocument, medium: Medium) -> str:
    """What the medium is called, whatever octets that is; "" of a private document: nobody knows afterwards whose it
    was."""
    if document.draft.private:
        return ""
    return "".join(one if one.isprintable() else "\ufffd" for one in medium.folder.name)


def name_file(document: StoredDocument, format: str) -> str:
    """`12345678 Price list.tif`, as every file system takes it."""
    title = _UNFIT.sub(" ", document.draft.title)
    title = " ".join(title.split()).encode()[:_MOST_TITLE].decode("utf-8", "ignore").strip(" .")
    return f"{document.id} {title}".strip() + SUFFIXES[format]


def _copy(memory: ImageMemory, document: StoredDocument, medium: Medium) -> Path:
    name = name_file(document, medium.format)
    with _mapped(medium, document), _open_folder(memory, medium) as folder:
        there = _find_digest(folder, name)
        if there is None:
            _write(memory, document, medium, folder)
        elif there != _sum_up(memory, document, medium):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        _sync_names(folder)
    return medium.folder / name


def _write(memory: ImageMemory, document: StoredDocument, medium: Medium, folder: int) -> None:
    part = f".{document.token.hex()}.part"  # nobody else has a file of this name: it is what broke off before
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part, dir_fd=folder)
    room = os.fstatvfs(folder)
    if room.f_bavail * room.f_frsize < document.octets:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with _writing(folder, part) as file:
        summed = SummedFile(file, medium.written)
        copy_out(memory, document, medium.format, summed)
        file.flush()
        os.fsync(file.fileno())
        if _read_back(folder, part) != summed.digest:
            raise OSError(errno.EIO, "what was read back is not what was written")
        name = name_file(document, medium.format)
        if _find_digest(folder, name) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)


def _find_digest(folder: int, name: str) -> str | None:
    """The digest of what has a name on the medium; None where nothing has it. Raises OSError."""
    try:
        return _read_back(folder, name)
    except FileNotFoundError:
        return None


def _sum_up(memory: ImageMemory, document: StoredDocument, medium: Medium) -> str:
    """The digest that a copy would have."""
    with Path(os.devnull).open("wb") as nowhere:
        summed = SummedFile(nowhere, medium.written)
        copy_out(memory, document, medium.format, summed)
    return summed.digest


def _read_back(folder: int, name: str) -> str:
    """The digest of a file as the medium has it, not as it was just written. Raises OSError."""
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(file)  # what is not written yet would be read from memory
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        return digest_of(file)
    finally:
        os.close(file)


def _sync_names(folder: int) -> None:
    """Have the medium keep the name too. Raises OSError; not where the file system has no such thing."""
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


@contextlib.contextmanager
def _writing(folder: int, part: str) -> Iterator[BinaryIO]:
    """A file on the medium that is gone if the block does not end well."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(part, flags, 0o644, dir_fd=folder), "wb") as file:
            yield file
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise


@contextlib.contextmanager
def _open_folder(memory: ImageMemory, medium: Medium) -> Iterator[int]:
    """The folder, held: what is mounted over it later is another one."""
    folder = os.open(medium.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not medium.same_disk and os.fstat(folder).st_dev == memory.device:
            raise MediumGone(f"no medium is in: {medium.folder} is a folder on the disk of the image memory")
        yield folder
    finally:
        os.close(folder)


def _find_free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


@contextlib.contextmanager
def _mapped(medium: Medium, document: StoredDocument) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        free = _find_free(medium.folder)
        if is_full(error) and free < document.octets + _OVERHEAD:
            raise MediumFull(
                f"document {say_id(document.id)} has {say_size(document.octets)}, {say_size(free)} are free on the "
                "medium: make room on it, or take another one; the document is still here"
            ) from error
        if isinstance(error, FileExistsError):
            words = f"the medium has another file with the name {error.filename}: rename that first"
            raise NameTaken(words) from error
        why = "it was pulled, or is failing" if error.errno in _GONE or is_full(error) else error.strerror
        raise MediumGone(f"{medium.folder} cannot be written ({why}); the document is still here") from error
