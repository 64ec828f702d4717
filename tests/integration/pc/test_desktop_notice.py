"""A notice of the desktop goes over a real D-Bus to whoever shows notices there."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.support.server import ROOT

pytestmark = pytest.mark.real

SCRIPT = textwrap.dedent("""
    import threading
    from jeepney import DBusAddress, MessageType, new_method_call, new_method_return
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection
    from pc_client.desktop.notice import notify_desktop

    notify_desktop("nobody", "there is nobody who shows it")
    daemon = open_dbus_connection()
    daemon.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications"))

    def show():
        while True:
            message = daemon.receive(timeout=30)
            if message.header.message_type is MessageType.method_call:
                print(message.body[3], "|", message.body[4], flush=True)
                daemon.send(new_method_return(message, "u", (1,)))
                return

    thread = threading.Thread(target=show)
    thread.start()
    notify_desktop("A document has come", "<b>Prices</b> & more")
    thread.join()
    daemon.close()
""")


def test_a_notice_reaches_the_desktop_and_its_text_is_no_markup() -> None:
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "A document has come | &lt;b&gt;Prices&lt;/b&gt; &amp; more", done.stderr
