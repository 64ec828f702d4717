"""Symbols that are half gone: each module is weighed, and the likeliest text in the form of a mark is found.

A reader of barcodes makes each module black or white, and each word of a code right or wrong. Here a module that is
cut off, or grey, says so, and the check bits of the whole symbol are solved for it. Why, and when a text is believed:
docs/decisions/0040-spoilt-symbols.md.
"""
