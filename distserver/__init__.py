"""Distserver: one document, every branch, at once."""

__version__ = "0.1.0"
