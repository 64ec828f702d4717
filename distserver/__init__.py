"""Distserver: one document, every branch, at once."""

__version__ = "0.1.0"
DATE = "November 2026"
"""When this version was made, for the foot of the manual page."""
