"""Scanning on the command line."""
