"""Pure planning: which destinations, once each, and which form of the document each of them gets."""
