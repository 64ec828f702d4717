"""What happened, told to whom it concerns: words, receipts, exports."""
