"""Doors by which documents come in; each ends in `jobs.service.submit`."""
