"""A view for a screen on the wall."""
