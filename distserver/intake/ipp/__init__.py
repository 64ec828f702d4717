"""The IPP door: every group is a printer and a FaxOut service (SPEC N1)."""
