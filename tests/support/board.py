"""A board on a home of its own: real store, group files, accounts and renderer; deliveries are moved by the test."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from reportlab.pdfgen.canvas import Canvas
from werkzeug.serving import make_server

from distserver.application import create_app
from distserver.compose import build_services
from distserver.jobs.service import derive
from distserver.model.accounts import Role
from distserver.model.documents import PDF, Document
from distserver.model.jobs import Actor, JobView, Submission
from distserver.model.states import DeliveryState
from distserver.settings import load_settings
from distserver.store import deliveries, jobs
from distserver.store.preparation import prepare_home
from tests.support.serving import serving

ADMIN = Actor("admin", Role.ADMINISTRATOR)
PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

ALL_REC = """# All destinations 全配信先
# all.rec
tokyo.example.org; Tokyo head office
sapporo.example.org; 札幌支店
osaka.example.org; 大阪営業所
nagoya.example.org; 名古屋工場 製品開発部 第二設計課
192.0.2.10; Sendai depot
"""
SALES_REC = """# 全営業所
# eigyou_all.rec
sapporo.example.org; 札幌支店
osaka.example.org; 大阪営業所
192.0.2.10; Sendai depot
"""
BROKEN_REC = """# Product development
# develop.rec
nagoya.example.org; 名古屋工場 製品開発部 第二設計課
not an address; nobody
"""


class Board:
    """The application and its services, with one user: `admin`."""

    def __init__(self, home: Path, groups: dict[str, str] | None = None) -> None:
        settings, infos = load_settings(home, {}, {"spool_reserve_mb": 0})
        prepare_home(settings)
        files = {"all.rec": ALL_REC, "eigyou_all.rec": SALES_REC, "develop.rec": BROKEN_REC}
        for name, text in (files if groups is None else groups).items():
            (settings.groups_dir / name).write_text(text, encoding="utf-8")
        self.services = build_services(settings, infos)
        self.services.accounts.create_user("admin", Role.ADMINISTRATOR, PASSWORD, ADMIN)
        self.app = create_app(self.services)

    def add_user(self, name: str, role: Role) -> None:
        """A user whose password is `PASSWORD`."""
        self.services.accounts.create_user(name, role, PASSWORD, ADMIN)

    def sign_in(self, name: str = "admin") -> FlaskClient:
        """A browser of this user."""
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"name": name, "password": PASSWORD, "csrf_token": read_token(client)})
        assert answer.status_code == 303, answer.text
        return client

    def submit(self, title: str = "Price list", by: Actor = ADMIN, **fields: Any) -> JobView:
        """Submit a job to all destinations, or as `fields` of `Submission` say."""
        fields.setdefault("documents", (self.store_pdf(),))
        if "groups" not in fields and "destinations" not in fields:
            fields["groups"] = ("all.rec",)
        return self.services.jobs.submit(Submission(title, **fields), by)

    def store_pdf(self, name: str = "notice.pdf", pages: int = 3) -> Document:
        """A document in the spool."""
        data = make_pdf(pages)
        with self.services.spool.receive(limit=1 << 24) as upload:
            upload.write(data)
            upload.finish()
            return Document(upload.keep(), len(data), PDF, name, pages)

    def move(self, job: JobView, numbers: Sequence[int], state: DeliveryState, **values: Any) -> JobView:
        """Let deliveries stand in another state, as a worker would write it, and count anew."""
        now = time.time()
        written = {"state": state, "updated": now, "ended": now if state.ended else None, **values}
        with self.services.database.begin() as connection:
            deliveries.change(connection, job.id, list(DeliveryState), written, numbers)
            jobs.recount(connection, [job.id], derive, now)
        return self.services.query.get(job.id, ADMIN)

    @contextmanager
    def serve(self) -> Iterator[str]:
        """The address of a server in a thread."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        with serving(server, "board"):
            yield f"http://127.0.0.1:{server.server_port}"

    def close(self) -> None:
        """End what the services run beside the requests, and give back the connections."""
        self.services.close()


def make_pdf(pages: int = 1, text: str = "Notice", *, password: str | None = None) -> bytes:
    """A small PDF; with a password nobody can read it without."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), encrypt=password)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica-Bold", 40)
        canvas.drawString(60, 740, text)
        canvas.setFont("Helvetica", 14)
        canvas.drawString(60, 700, f"Page {number} of {pages}")
        for line in range(24):
            canvas.setFillGray(0.75)
            canvas.rect(60, 650 - 22 * line, 475 if line % 6 != 5 else 240, 8, stroke=0, fill=1)
        canvas.setFillGray(0)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read_token(client: FlaskClient, path: str = "/sign-in") -> str:
    """The CSRF token of a page's form."""
    found = _TOKEN.search(client.get(path).text)
    assert found is not None
    return found[1]
