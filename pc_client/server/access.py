"""The way to the PC's server, in the PC's own name or another's."""

from __future__ import annotations

from pathlib import Path

from distwire.api.client import ApiClient
from distwire.api.exchange import Patience, Trust
from distwire.local.token import read_token
from pc_client.settings import PcSettings

PATIENCE = Patience(connect=10.0, silence=120.0)


def open_client(settings: PcSettings, home: Path, patience: Patience = PATIENCE) -> ApiClient:
    """The server of these settings, asked with the token that this PC has (none: with none)."""
    return make_client(settings, home, read_token(home), patience)


def make_client(settings: PcSettings, home: Path, bearer: str, patience: Patience = PATIENCE) -> ApiClient:
    """The server of these settings, asked in the name of `bearer`."""
    authorities = home / settings.server_ca_file if settings.server_ca_file else None
    return ApiClient(settings.server, bearer, Trust(authorities, settings.server_fingerprint or None), patience)
