"""The printer of this PC that sends to groups (SPEC D13): a backend of CUPS, its queue, and the session's side of it.

program → CUPS → backend `distprint` → socket → listener of the account that printed → dialog → outbox
"""
