"""The HTTP API below /api/v1, with /healthz and /metrics.

`operations` one declaration for route, access rule, messages and description · `groups jobs documents accounts system`
the operations by subject · `multipart` uploads straight into the spool · `problems` errors · `openapi` the description.
"""
