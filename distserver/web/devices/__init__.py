"""Devices: which have a token, codes by which further ones get theirs, and the cards of users; for administrators."""
