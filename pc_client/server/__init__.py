"""The PC's server: how it is asked, and how this PC gets to be known to it."""
