"""Mail in: a message to a group's address becomes a job (SPEC D15)."""
