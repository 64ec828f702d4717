"""A SANE device: `scanimage --batch` reads its pages, each of which is told on a line when it is whole."""

from __future__ import annotations

import itertools
import re
import signal
from collections.abc import Generator
from pathlib import Path

from distwire.scan.contract import Capabilities, Color, Limits, RawPage, ScanJob, ScanOrder, Source, SourceAbility
from distwire.scan.faults import BrokenAnswer, Fault, FeedFault, LimitExceeded, SettingRefused
from distwire.scan.sane.child import Scanimage, ask, explain_line
from distwire.scan.sane.options import SaneOptions, read_options

_NAME = re.compile(r"[^\s\x00-\x1f]{1,400}\Z")
_FAILED = re.compile(r"scanimage: (?:sane_\w+|open of device .*): |scanimage: .* failed: ")
_EMPTY_MESSAGE = "out of documents"
_TOO_LARGE = -getattr(signal, "SIGXFSZ", 25)
_batches = itertools.count(1)


class SaneScanner:
    """One device by SANE's name for it, such as `test:0` or `airscan:e0:Office`."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        if not _NAME.match(name.replace(" ", "")):
            raise SettingRefused("write sane:NAME, as `scanimage -L` lists it")
        self._name = name
        self._limits = limits or Limits()
        self._options: SaneOptions | None = None

    @property
    def uri(self) -> str:
        """`sane:NAME`."""
        return f"sane:{self._name}"

    def describe(self) -> Capabilities:
        """Ask `scanimage --all-options`, once."""
        options = self._read_options()
        colors = tuple(color for color in Color if options.name_mode(color)) or (Color.MONOCHROME,)
        size, resolutions = options.read_size(), options.read_resolutions()
        two_sided = options.name_duplex() is not None
        return Capabilities(
            self.uri,
            self._name,
            tuple(
                SourceAbility(source, colors, resolutions, size, two_sided and source is Source.ADF)
                for source in Source
                if options.name_source(source) is not None or (source is Source.ADF and two_sided)
            ),
        )

    def sense_source(self, capabilities: Capabilities) -> Source:
        """SANE does not tell where paper lies: the platen, where there is one."""
        return Source.PLATEN if capabilities.find_source(Source.PLATEN) else Source.ADF

    def scan(self, order: ScanOrder) -> Generator[RawPage, None, None]:
        """Read pages until the feeder is empty; one from the platen."""
        begin = str(order.folder / f"sane-{next(_batches)}-")
        files = begin.replace("%", "%%") + "%06d.tif"
        arguments = self._compose(order.job, files, order.limits.pages)
        read = 0
        with Scanimage(arguments, order.limits.page_octets) as child:
            for line in child.read_lines(order):
                if line.startswith(begin):
                    read += 1
                    yield RawPage(Path(line), None)
                    continue
                self._judge(line, read)
                if _EMPTY_MESSAGE in line:
                    return
            code = child.wait()
        if code == _TOO_LARGE:
            raise LimitExceeded(f"the scanner sends a page of more than {order.limits.page_octets >> 20} MB")
        if not read:
            raise BrokenAnswer(f"SANE ended without a page (exit code {code})")

    @staticmethod
    def _judge(line: str, read: int) -> None:
        """Raise what a line tells of; an empty feeder is no fault after the first page."""
        if not _FAILED.match(line):
            return
        error = explain_line(line)
        if isinstance(error, FeedFault) and error.fault is Fault.FEEDER_EMPTY and read:
            return
        raise error

    def _read_options(self) -> SaneOptions:
        if self._options is None:
            printed = ask([f"--device-name={self._name}", "--all-options"], self._limits.answer_seconds)
            self._options = read_options(printed)
        return self._options

    def _compose(self, job: ScanJob, files: str, most_pages: int) -> list[str]:
        options = self._read_options()
        count = 1 if job.source is Source.PLATEN else most_pages + 1
        batch = [f"--batch={files}", "--batch-print", f"--batch-count={count}", "--format=tiff"]
        return [f"--device-name={self._name}", *batch, *self._choose(options, job)]

    @staticmethod
    def _choose(options: SaneOptions, job: ScanJob) -> list[str]:
        """The device's own options; the source first, because others depend on it."""
        chosen = options.name_duplex() if job.duplex else None
        source = options.name_source(job.source or Source.PLATEN)
        arguments = chosen or (["--source", source] if source else [])
        mode, depth = options.name_mode(job.color), options.find("depth")
        if mode:
            arguments += ["--mode", mode]
        if depth is not None and any(word in ("8", "8bit") for word in depth.choices):
            arguments += ["--depth", "8"]
        if options.find("resolution") is not None:
            arguments += ["--resolution", str(job.resolution)]
        if options.find("x") is not None and options.find("y") is not None:
            width, height = job.size or options.read_size()
            arguments += ["-l", "0", "-t", "0", "-x", f"{width / 100:g}", "-y", f"{height / 100:g}"]
        return arguments
