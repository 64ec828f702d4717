"""Our programs with the Python of Windows, as far as Linux can tell: `python -m tests.support.as_windows MODULE …`. The
child processes that they start with Python have it too.

Only our own modules meet it; the standard library and all others go on as they are. What Windows' Python lacks is not
there (`os.pread`, `fcntl`, `socket.AF_UNIX` …), `os.name` and `sys.platform` say Windows, and the event loop watches no
sockets, as the one for completion ports does not. Not shown by it: rights, file names, and open files that cannot be
replaced.
"""

from __future__ import annotations

import asyncio
import builtins
import errno
import fcntl
import importlib.abc
import importlib.machinery
import importlib.util
import os
import select
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_OURS = ("distwire", "pc_client")
_MISSING_MODULES = frozenset({"fcntl", "grp", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"})
_MISSING = {
    "os": """O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC WNOHANG chown chroot fchdir fchmod fchown fork
        getgid getgroups getloadavg getpgid getuid initgroups killpg lchown mkfifo nice posix_fallocate posix_spawn
        pread preadv pwrite sched_getaffinity sendfile setgid setpgid setsid setuid statvfs sync sysconf uname wait4""",
    "socket": """AF_NETLINK AF_UNIX CMSG_LEN MSG_DONTWAIT MSG_MORE MSG_NOSIGNAL SO_PEERCRED SO_REUSEPORT recv_fds
        send_fds""",
    "signal": """SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 SIGXCPU SIGXFSZ alarm
        pthread_kill pthread_sigmask setitimer sigwait""",
    "time": "CLOCK_BOOTTIME CLOCK_MONOTONIC clock_gettime pthread_getcpuclockid tzset",
    "asyncio": "create_unix_connection open_unix_connection start_unix_server",
    "select": "EPOLLERR EPOLLHUP EPOLLIN EPOLLOUT POLLERR POLLHUP POLLIN POLLOUT epoll poll",
    "sys": "",
}
"""`os.geteuid` stays, for who looks into Linux' /proc, which Windows has not either."""


def _select(
    reading: Sequence[Any], writing: Sequence[Any], failing: Sequence[Any], seconds: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Of sockets alone."""
    for one in (*reading, *writing, *failing):
        number = one if isinstance(one, int) else one.fileno()
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise OSError(errno.ENOTSOCK, "An operation was attempted on something that is not a socket")
    return select.select(reading, writing, failing, seconds)


_PYTHON = Path(__file__).with_name("as_windows_python")
"""Runs a module as this one does; what Python of which a child is to be."""
_TOLD: Mapping[str, dict[str, Any]] = {
    "os": {"name": "nt", "O_BINARY": 0, "O_NOINHERIT": os.O_CLOEXEC},
    "select": {"select": _select},
    "sys": {"platform": "win32", "executable": str(_PYTHON)},
}


class _WithoutSome(ModuleType):
    """A module, but for what Windows does not have of it."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(_TOLD.get(real.__name__, {}))
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        if name in _MISSING[self.__name__].split():
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}' on Windows")
        return getattr(self.__dict__["_real"], name)


_MODULES = {name: _WithoutSome(importlib.import_module(name)) for name in _MISSING}


def _make_msvcrt() -> ModuleType:
    """The one thing that we ask of it: a lock that nobody else has."""
    module = ModuleType("msvcrt")

    def locking(number: int, _mode: int, _octets: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)

    module.__dict__.update(LK_NBLCK=2, locking=locking)
    return module


_MSVCRT = _make_msvcrt()


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,
    locals: Mapping[str, object] | None = None,
    fromlist: Sequence[str] = (),
    level: int = 0,
) -> ModuleType:
    if level == 0 and name in _MISSING_MODULES:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)
    if level == 0 and name == "msvcrt":
        return _MSVCRT
    found = _MODULES.get(name) if level == 0 else None
    if found is None:
        return builtins.__import__(name, globals, locals, fromlist, level)
    for one in fromlist or ():
        getattr(found, one)
    return found


class _Loader(importlib.machinery.SourceFileLoader):
    """Gives a module an `import` of its own before it runs."""

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
        code = self.get_code(self.name)  # of a program, whose module bears another name
        assert isinstance(code, CodeType)
        exec(code, module.__dict__)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds our own modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in _OURS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return spec
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loop(asyncio.SelectorEventLoop):
    """Watches no socket for others, and reaches none of Unix."""

    def add_reader(self, _fd: Any, _callback: Any, *_args: Any) -> None:
        raise NotImplementedError

    add_writer = add_reader

    def add_signal_handler(self, _sig: int, _callback: Any, *_args: Any) -> None:
        raise NotImplementedError


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _Loop()


def become_windows() -> None:
    """From now on, for what of ours is not imported yet."""
    assert not any(name.partition(".")[0] in _OURS for name in sys.modules), "too late: ours is imported"
    sys.meta_path.insert(0, _Finder())
    asyncio.set_event_loop_policy(_Policy())


def main() -> None:
    """Run a module of ours, as `python -m` does."""
    become_windows()
    _, name, *arguments = sys.argv
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(f"{name}.__main__")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__name__ = "__main__"
    sys.argv, sys.modules["__main__"] = [str(spec.origin), *arguments], module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    main()
