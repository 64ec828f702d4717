"""A notice of the desktop (Desktop Notifications Specification 1.2)."""

from __future__ import annotations

import logging
import os

log = logging.getLogger(__name__)

_NOTICE_SECONDS = 12


def notify_desktop(title: str, text: str) -> None:
    """Give a notice, where there is a desktop that shows them."""
    if os.name != "posix" or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    where = DBusAddress(
        "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
    )
    body: tuple[object, ...] = ("Distserver", 0, "mail-unread", title, _escape(text), [], {}, _NOTICE_SECONDS * 1000)
    try:
        with open_dbus_connection() as connection:
            connection.send_and_get_reply(new_method_call(where, "Notify", "susssasa{sv}i", body), timeout=5)
    except (OSError, KeyError, ValueError, RuntimeError) as error:  # the last of a bus that is no Unix socket
        log.info("no notice on this desktop: %s", error)


def _escape(text: str) -> str:
    """The text may hold markup (Desktop Notifications Specification §4), and titles are not ours."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
