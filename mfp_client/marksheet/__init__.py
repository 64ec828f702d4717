"""Mark sheets: page 1 of a stored document with a signed mark, drawn and read (SPEC D7, D8)."""
