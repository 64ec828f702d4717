"""Which file carries which kind of address: a line a channel. Adding a protocol adds its file and its line here."""

from __future__ import annotations

from collections.abc import Callable

from distserver.deliver.channels.absent import AbsentChannel
from distserver.deliver.channels.discard import DiscardChannel
from distserver.deliver.channels.pc import PcChannel
from distserver.deliver.channels.pc_mailbox import Mailbox
from distserver.deliver.contract import Channel as Carrier
from distserver.model.address import Channel


def _ipp() -> Carrier:
    from distserver.deliver.channels.ipp import IppChannel

    return IppChannel()


def _cups() -> Carrier:
    from distserver.deliver.channels.cups import CupsChannel
    from distserver.deliver.channels.ipp import IppChannel

    return CupsChannel(IppChannel)


def _fax() -> Carrier:
    from distserver.deliver.channels.fax import FaxChannel

    return FaxChannel()


def _mail() -> Carrier:
    from distserver.deliver.channels.mail import MailChannel

    return MailChannel()


def _pc() -> Carrier:
    """Where nobody has handed out a mailbox (`Registry`), nothing can be left in it."""
    return AbsentChannel()


def _webhook() -> Carrier:
    from distserver.deliver.channels.webhook import WebhookChannel

    return WebhookChannel()


CHANNELS: dict[Channel, Callable[[], Carrier]] = {
    Channel.IPP: _ipp,
    Channel.CUPS: _cups,
    Channel.WEBHOOK: _webhook,
    Channel.DISCARD: DiscardChannel,
    Channel.FAX: _fax,
    Channel.MAIL: _mail,
    Channel.PC: _pc,
    Channel.DEVICE: AbsentChannel,
}


def can_deliver(channel: Channel) -> bool:
    """False for kinds of address that group files may hold already, and nothing more."""
    return CHANNELS[channel] is not AbsentChannel


class Registry:
    """The channels of one worker, each made when it is first needed. `mailbox` is for letters to PCs."""

    def __init__(self, mailbox: Mailbox | None = None) -> None:
        self._made: dict[Channel, Carrier] = {}
        if mailbox is not None:
            self._made[Channel.PC] = PcChannel(mailbox)

    def get(self, channel: Channel) -> Carrier:
        if channel not in self._made:
            self._made[channel] = CHANNELS[channel]()
        return self._made[channel]

    async def close(self) -> None:
        """Close all that were made."""
        for carrier in self._made.values():
            await carrier.close()
