"""PDF written page by page, in bounded memory."""
