"""What happened is told to whom it concerns: words for states and reasons, receipts, metrics."""
