"""The messages of our own HTTP API, /api/v1: one schema for the server, its clients and the OpenAPI description.

`groups` the address book · `jobs` what is sent and how it goes · `accounts` users, tokens, audit · `panel` what devices
ask · `problem` errors. `client` calls them: `exchange` one request, `form` an upload, `failures` what can go wrong.
"""
