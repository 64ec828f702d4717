"""Sending from this PC (SPEC D13): what is decided lies on the disk, and goes to the server under a key of its own.

file, watched folder, scanner, printer → Draft (asked about in a dialog, or not) → Outbox → Sender → job
"""
