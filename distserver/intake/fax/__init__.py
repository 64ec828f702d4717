"""The door for faxes that come in to HylaFAX servers: each becomes a job for the group that a text file names."""
