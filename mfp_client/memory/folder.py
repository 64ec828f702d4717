"""The files of stored documents, `ID.tif`. Only what bears the token of its row is ours: whatever else lies in the
folder, or has taken the place of a document, is neither read nor removed."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from distwire.tiff import begin_file
from mfp_client.memory.errors import Damaged, say_id

_NOTE_AT = 8
_LOOK = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe in the place of a document holds nobody up


class ImageFolder:
    """An open folder: it stays the one it was, whatever is put into its place."""

    def __init__(self, path: Path) -> None:
        """Open it, and make it where it is not there. Raises OSError; also when it is a link."""
        path.mkdir(mode=0o700, exist_ok=True)
        self._folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def create(self, image_id: int, token: bytes) -> int:
        """A new file with its token in it, open for reading and writing. It has its name only then, so what has this
        name without the token is not ours. Raises FileExistsError when the name is taken, OSError."""
        hidden = _hidden(token)
        mode = os.O_RDWR | os.O_CREAT | os.O_EXCL | _LOOK
        file = os.open(hidden, mode, 0o600, dir_fd=self._folder)
        try:
            begin_file(file, token)
            os.fdatasync(file)
            os.link(hidden, _name(image_id), src_dir_fd=self._folder, dst_dir_fd=self._folder, follow_symlinks=False)
            self.remove_hidden(token)
            os.fsync(self._folder)
        except BaseException:
            os.close(file)
            with contextlib.suppress(OSError):
                self.remove_hidden(token)
            raise
        return file

    def open(self, image_id: int, token: bytes, *, writing: bool = False) -> int:
        """The file of a document. Raises `Damaged` when it is not there, or is not ours."""
        try:
            file = os.open(_name(image_id), (os.O_RDWR if writing else os.O_RDONLY) | _LOOK, dir_fd=self._folder)
        except OSError as error:
            raise Damaged(f"the file of document {say_id(image_id)} cannot be read: {error.strerror}") from error
        if not _is_ours(file, token):
            os.close(file)
            raise Damaged(f"the file of document {say_id(image_id)} has been replaced by another one")
        return file

    def remove(self, image_id: int, token: bytes) -> None:
        """Remove a document's file; no error when it is gone, or is not ours. Raises OSError."""
        self.remove_hidden(token)
        try:
            file = self.open(image_id, token)
        except Damaged:
            return
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_name(image_id), dir_fd=self._folder)
        finally:
            os.close(file)
        os.fsync(self._folder)

    def remove_hidden(self, token: bytes) -> None:
        """Remove what a crash may have left of `create`: nobody else can have guessed this name."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_hidden(token), dir_fd=self._folder)

    def close(self) -> None:
        """Close it."""
        os.close(self._folder)


def _name(image_id: int) -> str:
    return f"{image_id}.tif"


def _hidden(token: bytes) -> str:
    return f".{token.hex()}"


def _is_ours(file: int, token: bytes) -> bool:
    return stat.S_ISREG(os.fstat(file).st_mode) and os.pread(file, len(token), _NOTE_AT) == token
