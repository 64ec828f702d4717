"""Jobs, and one job live."""
