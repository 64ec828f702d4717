"""The only SQL and the only spool paths."""
