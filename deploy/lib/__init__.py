"""Set-up of a clone: standard library only, because it runs before anything is installed."""
