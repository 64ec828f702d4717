"""Subscriptions to events of printers, jobs and the system, and the pulling of events (RFC 3995, RFC 3996)."""
