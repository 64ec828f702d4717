"""Every group is a printer: IPP Everywhere (PWG 5100.14) and IPP FaxOut (PWG 5100.15) in front of jobs (SPEC N1)."""
