"""Paper into the memory, to be used later (SPEC D7); with a mark sheet if that is wished."""

from __future__ import annotations

from mfp_client.works.drafting import draft_of, open_document
from mfp_client.works.errand import Errand
from mfp_client.works.sheets import try_sheet


def store_document(errand: Errand) -> None:
    """The task `store`. Raises what `explain` explains, `Stopped`."""
    with open_document(errand) as document:
        document.describe(draft_of(errand, document))
        stored = document.close()
    errand.board.show(documents=(stored,))
    if errand.wishes.sheet:
        try_sheet(errand, stored)
