"""Send a document."""
