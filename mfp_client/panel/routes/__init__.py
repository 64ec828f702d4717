"""The routes of the panel, one file for each thing: read the request, one call, tell what came of it."""
