"""Frozen records and enums: imported by all, importing nothing of the project."""
