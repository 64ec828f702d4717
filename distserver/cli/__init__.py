"""`distserver …`: one file for each sub-command; `root` puts them together."""
