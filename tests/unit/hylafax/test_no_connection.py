"""What is said where nobody listens: the system's words, without the library's."""

from __future__ import annotations

import pytest

from distwire.hylafax import HylaFaxConnection, HylaFaxUnreachable, Login
from tests.support.ippeveprinter import find_port


async def test_a_server_that_does_not_run() -> None:
    port = find_port()
    with pytest.raises(HylaFaxUnreachable, match=f"^no connection to 127.0.0.1:{port}: connection refused$"):
        await HylaFaxConnection.open(Login("127.0.0.1", port))


async def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(HylaFaxUnreachable, match=r"^no connection to fax\.invalid:4559: [^\[(]+$"):
        await HylaFaxConnection.open(Login("fax.invalid"))
