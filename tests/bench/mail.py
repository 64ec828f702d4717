"""One document to 10,000 mailboxes: each has it once, over few connections, beside a script that knows one relay."""

from __future__ import annotations

import argparse
import json
import smtplib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from tests.support.documents import make_pdf
from tests.support.post_office import PostOffice, run_post_office
from tests.support.server import Server, run_server


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each way, then one JSON object; 1 when a mail was lost or came twice."""
    parser = argparse.ArgumentParser(prog="deploy/bench mail", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 mailboxes")
    parser.add_argument("--mailboxes", type=int, help="another number of them")
    options = parser.parse_args(argv)
    count = options.mailboxes or (1_000 if options.quick else 10_000)
    with tempfile.TemporaryDirectory() as folder:
        document = make_pdf(Path(folder, "notice.pdf"))
        found = {"mailboxes": count, **_broadcast(Path(folder, "home"), document, count)}
        found["script_seconds"] = _run_script(document, count)
    found["vs_script"] = round(found["seconds"] / found["script_seconds"], 2)
    print(f"distserver: {found['seconds']:.1f} s, {found['connections']} connections, {found['at_once']} at once")
    print(f"script:     {found['script_seconds']:.1f} s")
    print(json.dumps(found))
    return 1 if found["lost"] or found["twice"] else 0


def _broadcast(home: Path, document: Path, count: int) -> dict[str, float]:
    with run_post_office() as office, _run_house(home, office, count) as server:
        began = time.perf_counter()
        answer = server.send(str(document), "--to", "Everybody", timeout=3600)
        seconds = time.perf_counter() - began
        came = Counter(recipient for _, recipients in office.envelopes for recipient in recipients)
        return {
            "completed": sum(one["state"] == "completed" for one in answer["deliveries"]),
            "lost": count - len(came),
            "twice": sum(number > 1 for number in came.values()),
            "connections": len(office.calls),
            "at_once": office.most_at_once,
            "seconds": round(seconds, 2),
        }


@contextmanager
def _run_house(home: Path, office: PostOffice, count: int) -> Iterator[Server]:
    """A server with a group of so many mailboxes; the registry names their relay."""
    home.mkdir()
    relay = f"mailto:*; mail; server=smtp://127.0.0.1:{office.port} from=head@example.com\n"
    (home / "destinations.rec").write_text(relay)
    with run_server(home) as server:
        lines = [f"mailto:branch{number}@example.org; Branch {number}" for number in range(count)]
        server.write_group("everybody.rec", "Everybody", lines)
        yield server


def _run_script(document: Path, count: int) -> float:
    """Seconds that a loop over one connection takes for the same."""
    with run_post_office() as office, smtplib.SMTP("127.0.0.1", office.port) as relay:
        began = time.perf_counter()
        for number in range(count):
            mail = EmailMessage()
            mail["From"], mail["To"] = "head@example.com", f"branch{number}@example.org"
            mail["Subject"] = "Notice"
            mail.set_content("Notice")
            mail.add_attachment(document.read_bytes(), maintype="application", subtype="pdf", filename="notice.pdf")
            relay.send_message(mail)
        return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    raise SystemExit(main())
