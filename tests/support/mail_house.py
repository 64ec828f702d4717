"""A server that takes mail in, the mail server of its house, and mails as another program sends them (swaks)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.support.patience import wait_until
from tests.support.post_office import PostOffice, run_post_office
from tests.support.server import Server, run_server

DOMAIN = "print.example.org"
_READY = re.compile(r"mail-ready port=(\d+)")


@dataclass
class MailHouse:
    """`office` is where its answers go."""

    server: Server
    port: int
    office: PostOffice
    protocol: str = "LMTP"

    def swaks(self, to: str, *options: str, sender: str = "hanako@example.org") -> subprocess.CompletedProcess[str]:
        """Send a mail; its transcript."""
        command = ["swaks", "--server", "127.0.0.1", "--port", str(self.port), "--protocol", self.protocol]
        command += ["--from", sender, "--to", to, "--timeout", "60", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def hand_over(self, message: EmailMessage | bytes, to: str, tmp: Path, sender: str = "") -> str:
        """Send these bytes as they are; the last answer to the mail. An empty `sender` is the null return path."""
        path = tmp / "mail.eml"
        path.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
        done = self.swaks(to, "--data", f"@{path}", sender=sender or "<>")
        return last_answer(done.stdout)

    def jobs(self) -> list[dict[str, Any]]:
        """All there are, the newest first."""
        found: list[dict[str, Any]] = json.loads(self.server.get("/api/v1/jobs"))["jobs"]
        return found

    def answers(self) -> list[EmailMessage]:
        """What it has mailed so far."""
        return list(self.office.mails)


def last_answer(transcript: str) -> str:
    """What the server said to the mail, or to the command before that it refused."""
    lines = [line[4:].strip() for line in transcript.splitlines() if line.startswith(("<- ", "<**", "<~ "))]
    return [line for line in lines if not line.startswith("221")][-1]


def wait_for_port(home: Path) -> int:
    """The port on which the server of this home takes mail in."""
    log = home / "logs" / "mail.log"
    wait_until(lambda: log.exists() and _READY.search(log.read_text("utf-8")) is not None)
    found = _READY.search(log.read_text("utf-8"))
    assert found is not None
    return int(found[1])


@contextmanager
def run_mail_house(home: Path, protocol: str = "lmtp", **settings: Any) -> Iterator[MailHouse]:
    """With the group `sales` of two destinations, and the user hanako."""
    folder = home / "groups"
    folder.mkdir(parents=True)
    (folder / "sales.rec").write_text("# 営業部\n# sales.rec\ndiscard:one; One\ndiscard:two; Two\n", encoding="utf-8")
    with run_post_office() as office:
        chosen = {
            "mail_in_listen": f"{protocol}://127.0.0.1:0",
            "mail_in_domain": DOMAIN,
            "mail_host": "127.0.0.1",
            "mail_port": office.port,
            "mail_from": f"distserver@{DOMAIN}",
            **settings,
        }
        with run_server(home, **chosen) as server:
            port = wait_for_port(home)
            for command in (("add", "hanako", "--no-password"), ("mail", "hanako", "hanako@example.org")):
                done = server.command("user", *command)
                assert done.returncode == 0, done.stderr
            yield MailHouse(server, port, office, protocol.upper())
