"""Which file carries which kind of address: a line a channel. Adding a protocol adds its file and its line here."""

from __future__ import annotations

from collections.abc import Callable

from distserver.deliver.channels.absent import AbsentChannel
from distserver.deliver.channels.discard import DiscardChannel
from distserver.deliver.contract import Channel as Carrier
from distserver.model.address import Channel


def _ipp() -> Carrier:
    from distserver.deliver.channels.ipp import IppChannel

    return IppChannel()


def _cups() -> Carrier:
    from distserver.deliver.channels.cups import CupsChannel
    from distserver.deliver.channels.ipp import IppChannel

    return CupsChannel(IppChannel)


def _webhook() -> Carrier:
    from distserver.deliver.channels.webhook import WebhookChannel

    return WebhookChannel()


CHANNELS: dict[Channel, Callable[[], Carrier]] = {
    Channel.IPP: _ipp,
    Channel.CUPS: _cups,
    Channel.WEBHOOK: _webhook,
    Channel.DISCARD: DiscardChannel,
    Channel.FAX: AbsentChannel,
    Channel.MAIL: AbsentChannel,
    Channel.PC: AbsentChannel,
    Channel.DEVICE: AbsentChannel,
}


def can_deliver(channel: Channel) -> bool:
    """False for kinds of address that group files may hold already, and nothing more."""
    return CHANNELS[channel] is not AbsentChannel


class Registry:
    """The channels of one worker, each made when it is first needed."""

    def __init__(self) -> None:
        self._made: dict[Channel, Carrier] = {}

    def get(self, channel: Channel) -> Carrier:
        if channel not in self._made:
            self._made[channel] = CHANNELS[channel]()
        return self._made[channel]

    async def close(self) -> None:
        """Close all that were made."""
        for carrier in self._made.values():
            await carrier.close()
