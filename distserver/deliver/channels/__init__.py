"""One small file for each protocol, behind the one contract of `distserver.deliver.contract`."""
