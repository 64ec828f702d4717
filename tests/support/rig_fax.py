"""Numbers behind a real HylaFAX, as channels and their tests see them."""

from __future__ import annotations

from distserver.deliver.contract import Target, Timeouts
from distserver.model.address import parse_address
from tests.support.hylafax import HylaFax

NUMBER = "+81335550100"
DIALLED = "0335550100"
PATIENT = Timeouts(connect=30, first_byte=60, idle=60, follow=120)


def make_fax_target(hylafax: HylaFax, number: str = NUMBER, *options: tuple[str, str], learnt: str = "") -> Target:
    """A number that this HylaFAX calls."""
    said = (("server", hylafax.server), *options)
    address = parse_address(f"tel:{number}")
    return Target(address, "Branch", options=said, timeouts=PATIENT, country="JP", learnt=learnt)
