"""A scanner that speaks eSCL, written from the standard (Mopria eSCL 2.x), with a feeder that can jam and bad habits.

It shares no code with the client: its XML is written here by hand, and jobs are read with another parser.
"""

from __future__ import annotations

import io
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import Image, ImageDraw

from tests.support.serving import serving

_SPACES = 'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"'
_XML = "text/xml"


@dataclass(frozen=True)
class Sheet:
    """Paper in millimetres; `back` None: nothing is printed there, and it is scanned as white. `picture`: what stands
    on the front instead of the word."""

    width: int = 210
    height: int = 297
    front: str = "front"
    back: str | None = "back"
    picture: Image.Image | None = None


@dataclass(frozen=True)
class Reply:
    """What goes out: `body` may be endless. `length` None: as long as the body; -1: no length is said."""

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    media_type: str = _XML
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None


@dataclass
class Job:
    """What was asked for, and the pages of the sheet that has been drawn in."""

    path: str
    feeder: bool
    duplex: bool
    resolution: int
    color: str
    width: int
    height: int
    waiting: list[Reply] = field(default_factory=list)
    done: int = 0
    state: str = "Processing"


@dataclass
class EsclDevice:
    """`sheets` lie in the feeder, the top one first. `faults`: an AdfState that comes up once, before the page that is
    the so-and-so many-th since the device was switched on. `answers` replaces what a resource (its last path segment)
    answers, once for each in its list; the last one stays. `hold`: so long it is silent before each page.
    """

    port: int = 0
    scheme: str = "http"
    sheets: list[Sheet] = field(default_factory=list)
    platen: Sheet = Sheet()
    faults: dict[float, str] = field(default_factory=dict)
    answers: dict[str, list[Reply]] = field(default_factory=dict)
    location: str = "{root}{path}"
    busy: int = 0
    hold: float = 0.0
    hasty: int = 0
    adf_state: str = ""
    read: int = 0
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    settings: list[bytes] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def uri(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/eSCL"

    def mend(self) -> None:
        """What somebody at the device does: the jam is taken out, the cover closed."""
        self.adf_state = ""

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        if path.endswith("/NextDocument"):
            threading.Event().wait(self.hold)
        with self.lock:
            name = path.rpartition("/")[2]
            self.asked.append(f"{method} {name}")
            canned = self.answers.get(name)
            if canned:
                return canned.pop(0) if len(canned) > 1 else canned[0]
            if (method, path) == ("GET", "/eSCL/ScannerCapabilities"):
                return Reply(body=CAPABILITIES.encode())
            if (method, path) == ("GET", "/eSCL/ScannerStatus"):
                return Reply(body=self._describe().encode())
            if (method, path) == ("POST", "/eSCL/ScanJobs"):
                return self._make_job(body)
            job = self.jobs.get(path.removesuffix("/NextDocument"))
            if job is None:
                return Reply(404)
            if method == "DELETE":
                job.state = "Canceled"
                return Reply()
            return self._next(job)

    def _make_job(self, body: bytes) -> Reply:
        self.settings.append(body)
        asked = {element.tag.rpartition("}")[2]: (element.text or "") for element in ET.fromstring(body).iter()}
        feeder = asked["InputSource"] == "Feeder"
        if any(job.state == "Processing" for job in self.jobs.values()):
            return Reply(503)
        if feeder and (self.adf_state or not self.sheets):
            return Reply(409)
        path = f"/eSCL/ScanJobs/{len(self.jobs) + 1}"
        size = int(asked["Width"]), int(asked["Height"])
        duplex = asked.get("Duplex") == "true"
        self.jobs[path] = Job(path, feeder, duplex, int(asked["XResolution"]), asked["ColorMode"], *size)
        self._draw_in(self.jobs[path])
        root = f"{self.scheme}://127.0.0.1:{self.port}"
        return Reply(201, headers=(("Location", self.location.format(root=root, path=path)),))

    def _next(self, job: Job) -> Reply:
        if job.state == "Canceled":
            return Reply(404)
        if self.busy:
            self.busy -= 1
            return Reply(503, headers=(("Retry-After", "0"),))
        if self.hasty:
            self.hasty -= 1
            return Reply(404)
        fault = self.faults.pop(self.read, None)
        if fault is not None:
            self.adf_state, job.state = fault, "Aborted"
            if job.waiting:
                self.sheets.insert(0, self._last)  # whoever takes it out lays it back
                self.read -= job.duplex and self.read % 2
        if self.adf_state:
            return Reply(409)
        if not job.waiting:
            job.state = "Completed"
            return Reply(404)
        job.done += 1
        self.read += 1
        page = job.waiting.pop(0)
        if not job.waiting:
            self._draw_in(job)  # while the page is being sent
        return page

    def _draw_in(self, job: Job) -> None:
        if not job.feeder:
            job.waiting = [] if job.done else [_scan(self.platen, self.platen.front, job)]
        elif self.sheets:
            sheet = self._last = self.sheets.pop(0)
            job.waiting = [_scan(sheet, sheet.front, job, sheet.picture)]
            if job.duplex:
                job.waiting.append(_scan(sheet, sheet.back, job))

    def _describe(self) -> str:
        adf = self.adf_state or ("ScannerAdfLoaded" if self.sheets else "ScannerAdfEmpty")
        running = any(job.state == "Processing" for job in self.jobs.values())
        jobs = "".join(
            f"<scan:JobInfo><pwg:JobUri>{job.path}</pwg:JobUri><pwg:JobState>{job.state}</pwg:JobState>"
            f"<pwg:JobStateReasons><pwg:JobStateReason>Job{job.state}</pwg:JobStateReason></pwg:JobStateReasons>"
            "</scan:JobInfo>"
            for job in self.jobs.values()
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><scan:ScannerStatus {_SPACES}><pwg:Version>2.63</pwg:Version>'
            f"<pwg:State>{'Processing' if running else 'Idle'}</pwg:State><scan:AdfState>{adf}</scan:AdfState>"
            f"<scan:Jobs>{jobs}</scan:Jobs></scan:ScannerStatus>"
        )


def _scan(sheet: Sheet, text: str | None, job: Job, picture: Image.Image | None = None) -> Reply:
    """The sheet as JPEG, no larger than the region that was asked for."""
    dpi = job.resolution
    size = (
        min(round(sheet.width * dpi / 25.4), job.width * dpi // 300),
        min(round(sheet.height * dpi / 25.4), job.height * dpi // 300),
    )
    image = Image.new("RGB" if job.color == "RGB24" else "L", size, "white")
    if picture is not None:
        image.paste(picture.convert(image.mode).resize(size))
    elif text is not None:
        ImageDraw.Draw(image).text((size[0] // 4, size[1] // 4), text, fill="black", font_size=dpi // 6)
    out = io.BytesIO()
    image.save(out, "JPEG")
    return Reply(body=out.getvalue(), media_type="image/jpeg")


def _make_caps(tag: str) -> str:
    modes = "".join(f"<scan:ColorMode>{one}</scan:ColorMode>" for one in ("BlackAndWhite1", "Grayscale8", "RGB24"))
    dots = "".join(
        f"<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>"
        f"<scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
        for dpi in (75, 100, 300)
    )
    return (
        f"<scan:{tag}><scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>2550</scan:MaxWidth>"
        "<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>4200</scan:MaxHeight>"
        "<scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>"
        f"<scan:ColorModes>{modes}</scan:ColorModes><scan:DocumentFormats>"
        "<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat><pwg:DocumentFormat>application/pdf</pwg:DocumentFormat>"
        "<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>"
        f"<scan:SupportedResolutions><scan:DiscreteResolutions>{dots}</scan:DiscreteResolutions>"
        "</scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>"
        f"<scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents></scan:{tag}>"
    )


CAPABILITIES = (
    f'<?xml version="1.0" encoding="UTF-8"?><scan:ScannerCapabilities {_SPACES}><pwg:Version>2.63</pwg:Version>'
    "<pwg:MakeAndModel>Test Copier 7</pwg:MakeAndModel><pwg:SerialNumber>1</pwg:SerialNumber>"
    f"<scan:Platen>{_make_caps('PlatenInputCaps')}</scan:Platen><scan:Adf>{_make_caps('AdfSimplexInputCaps')}"
    f"{_make_caps('AdfDuplexInputCaps')}<scan:FeederCapacity>50</scan:FeederCapacity><scan:AdfOptions>"
    "<scan:AdfOption>DetectPaperLoaded</scan:AdfOption><scan:AdfOption>Duplex</scan:AdfOption></scan:AdfOptions>"
    "</scan:Adf></scan:ScannerCapabilities>"
)


@contextmanager
def run_escl_device(certificate: Path | None = None) -> Iterator[EsclDevice]:
    """Switched on while the block runs, on a free port; with a certificate it speaks TLS."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), EsclHandler)
    http.daemon_threads = True
    http.block_on_close = False
    device = EsclDevice(http.server_port, "http" if certificate is None else "https")
    http.of = device  # type: ignore[attr-defined]
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    with serving(http, "scanner"):
        yield device


class EsclHandler(BaseHTTPRequestHandler):
    """Brings requests to the device, and its replies back, however long they are."""

    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        device: EsclDevice = self.server.of  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = device.answer(self.command, self.path, body)
        pieces = [reply.body] if isinstance(reply.body, bytes) else reply.body
        self.send_response(reply.status)
        if isinstance(reply.body, bytes) and reply.length is None:
            self.send_header("Content-Length", str(len(reply.body)))
        elif reply.length is not None and reply.length >= 0:
            self.send_header("Content-Length", str(reply.length))
        self.send_header("Content-Type", reply.media_type)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for piece in pieces:
                self.wfile.write(piece)
        except OSError:
            return  # the client has had enough

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
