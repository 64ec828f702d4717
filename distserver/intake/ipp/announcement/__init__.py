"""Tells the local network which groups can be printed to: DNS-SD over multicast DNS (RFC 6762, 6763; SPEC N1)."""
