"""Fetching by FTP, which RFC 8011 §5.4.27 asks of every printer that has Print-URI: anonymous, passive (RFC 959)."""

from __future__ import annotations

import ftplib
from urllib.parse import unquote

from distserver.intake.ipp.fetch_limits import PIECE, AccessError, Limits, Take
from distserver.intake.ipp.sources import Place

_REFUSALS = (ftplib.error_reply, ftplib.error_temp, ftplib.error_perm, ftplib.error_proto)


def connect_ftp(place: Place, address: str, seconds: float) -> ftplib.FTP:
    """A control connection; each step on it may take so many seconds."""
    client = ftplib.FTP(timeout=seconds, encoding="utf-8")  # noqa: S321 - see above
    try:
        client.connect(address, place.port)
    except BaseException:
        client.close()
        raise
    return client


def fetch_by_ftp(client: ftplib.FTP, place: Place, take: Take, limits: Limits) -> int:
    """Hand the file to `take`; how many octets it has. The data connection goes to the host that was checked, whatever
    the server says (`trust_server_pasv_ipv4_address` is off)."""
    path = unquote(place.path.partition("?")[0]).lstrip("/").removesuffix(";type=i")
    if not path or any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        raise AccessError("this URI names no file")
    assert client.sock is not None  # it is connected
    try:
        with limits.cut(client.sock):
            client.login()
            client.voidcmd("TYPE I")
            with client.transfercmd(f"RETR {path}") as data, limits.cut(data):
                octets = limits.hand_on(lambda: data.recv(PIECE), take)
            client.voidresp()
            return octets
    except _REFUSALS as error:
        words = str(error)
        code = words[:3] if words[:3].isdigit() else ""
        raise AccessError(f"the server answered {words[:200]}", code) from error
