"""Stored documents on paper (SPEC D12), each followed until it is out."""

from __future__ import annotations

from dataclasses import replace

from mfp_client.memory.take_out import make_printout
from mfp_client.works.errand import Errand
from mfp_client.works.printing import order_of, print_out


def take_out(errand: Errand) -> None:
    """The task `take-out`. Raises what `explain` explains, `Stopped`."""
    documents = errand.find_documents()
    order = order_of(errand)
    for document in documents:
        one_sided = document.pages == 1 and order.sides is not None
        print_out(
            errand,
            make_printout(errand.memory, document),
            replace(order, sides="one-sided") if one_sided else order,
        )
