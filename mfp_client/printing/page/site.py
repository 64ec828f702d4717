"""The routes of the printer's page: the page itself, its state as JSON, the paper switch, thumbnails of the tray."""

from __future__ import annotations

import asyncio
import io
import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

from distwire.ipp.http import HttpRequest, HttpResponse
from mfp_client.printing.description import state_words
from mfp_client.printing.device import Device
from mfp_client.printing.job import Job, state_keyword
from mfp_client.printing.page.looks import draw_icon, load_page

SHOWN = 6
"""Jobs whose first page is shown."""

_MESSAGE_SECONDS = 60.0
_MOST_BODY = 4096
_THUMBNAIL = (240, 340)
_PAGE_FILE = re.compile(r"page-\d{3,}\.png\Z")
_POLICY = "default-src 'self'; style-src 'unsafe-inline' 'self'; script-src 'unsafe-inline' 'self'"

Route = Callable[[HttpRequest], Awaitable[HttpResponse]]


class PrinterSite:
    """Answers what is not IPP. `tray` is None when pages go to a CUPS queue."""

    def __init__(self, device: Device, tray: Path | None) -> None:
        self._device = device
        self._tray = tray
        self._message = ("", 0.0)
        self._thumbnails: dict[str, bytes] = {}
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "/"): self._show_page,
            ("GET", "/panel/status"): self._show_status,
            ("POST", "/panel/paper"): self._set_paper,
            ("GET", "/icon.png"): self._show_icon,
        }

    def show_message(self, words: str) -> None:
        """Show words on the panel for a minute (Identify-Printer)."""
        self._message = (words, time.monotonic())

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, request.path))
        if route is not None:
            return await route(request)
        if method == "GET" and request.path.startswith("/panel/tray/"):
            return await self._show_thumbnail(request)
        if any(path == request.path for _, path in self._routes):
            return _plain(405, "this page does not take that")
        return _plain(404, "there is no such page")

    async def _show_page(self, _request: HttpRequest) -> HttpResponse:
        headers = (("Content-Security-Policy", _POLICY), ("Cache-Control", "no-store"))
        return HttpResponse(content_type="text/html; charset=utf-8", body=load_page(), headers=headers)

    async def _show_status(self, _request: HttpRequest) -> HttpResponse:
        return _json(self._describe())

    async def _show_icon(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponse(content_type="image/png", body=draw_icon())

    async def _set_paper(self, request: HttpRequest) -> HttpResponse:
        if not _is_same_site(request):
            return _plain(403, "the switch is worked from the printer's own page")
        body = bytearray()
        async for piece in request.body:
            body += piece
            if len(body) > _MOST_BODY:
                return _plain(413, "that is too long for a switch")
        wanted = _read_paper(bytes(body))
        if wanted not in ("in", "out"):
            return _plain(400, 'write {"paper": "in"} or {"paper": "out"}')
        self._device.set_paper(wanted == "in")
        return _json(self._describe())

    async def _show_thumbnail(self, request: HttpRequest) -> HttpResponse:
        path = self._find_image(unquote(request.path.removeprefix("/panel/tray/")))
        if path is None:
            return _plain(404, "that page is not in the tray")
        key = str(path)
        if key not in self._thumbnails:
            try:
                drawn = await asyncio.to_thread(_make_thumbnail, path)
            except OSError:
                return _plain(404, "that page is not in the tray any more")
            while len(self._thumbnails) >= 4 * SHOWN:
                del self._thumbnails[next(iter(self._thumbnails))]
            self._thumbnails[key] = drawn
        headers = (("Cache-Control", "max-age=3600"),)
        return HttpResponse(content_type="image/jpeg", body=self._thumbnails[key], headers=headers)

    def _find_image(self, name: str) -> Path | None:
        """`FOLDER/page-001.png` in the tray, and nothing else."""
        folder, _, file = name.partition("/")
        if self._tray is None or not _PAGE_FILE.match(file) or folder[:1] in ("", ".") or "\0" in folder:
            return None
        path = self._tray / folder / file
        return path if path.is_file() else None

    def _describe(self) -> dict[str, Any]:
        device, (words, since) = self._device, self._message
        current = device.current
        return {
            "name": device.options.name,
            "location": device.options.location,
            "profile": device.options.profile.name,
            "state": device.state.name.lower(),
            "reasons": list(device.reasons),
            "words": state_words(device),
            "paper": device.has_paper,
            "message": words if time.monotonic() - since < _MESSAGE_SECONDS else "",
            "job": None if current is None else _describe_job(current),
            "waiting": sum(1 for job in device.jobs if not job.ended and job is not current),
            "jobs": [_describe_job(job) for job in reversed(device.jobs[-SHOWN:])],
            "tray": self._last_pages(),
        }

    def _last_pages(self) -> list[dict[str, str]]:
        if self._tray is None:
            return []
        names = sorted((path.name for path in self._tray.iterdir() if path.name[:1] != "."), reverse=True)[:SHOWN]
        return [
            {"folder": name, "title": _read_title(self._tray / name), "image": f"/panel/tray/{name}/page-001.png"}
            for name in names
        ]


def _describe_job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "user": job.user,
        "state": state_keyword(job.state),
        "reasons": list(job.reasons),
        "words": job.words,
        "impressions": job.impressions,
        "total": None if job.pages is None else job.pages * job.ticket.copies,
    }


def _read_title(folder: Path) -> str:
    """What the job in this folder of the tray was called; the folder's name if nobody can tell."""
    try:
        name = json.loads((folder / "job.json").read_bytes()).get("job_name")
    except (OSError, ValueError, AttributeError):
        name = None
    return name if isinstance(name, str) and name else folder.name


def _is_same_site(request: HttpRequest) -> bool:
    """False for a form of a foreign page in somebody's browser; programs send no Origin."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _read_paper(body: bytes) -> str | None:
    try:
        if body.startswith(b"{"):
            value = json.loads(body).get("paper")
            return value if isinstance(value, str) else None
        return parse_qs(body.decode("utf-8")).get("paper", [None])[0]
    except (ValueError, AttributeError):
        return None


def _make_thumbnail(path: Path) -> bytes:
    with Image.open(path) as image:
        small = image.convert("RGB").reduce(max(1, image.width // (2 * _THUMBNAIL[0])))
        small.thumbnail(_THUMBNAIL)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def _json(answer: dict[str, Any]) -> HttpResponse:
    body = json.dumps(answer, ensure_ascii=False).encode()
    return HttpResponse(content_type="application/json", body=body, headers=(("Cache-Control", "no-store"),))


def _plain(status: int, words: str) -> HttpResponse:
    return HttpResponse(status=status, body=(words + "\n").encode())
