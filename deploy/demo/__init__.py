"""`deploy/run`: a server, three demonstration devices, and a first broadcast to them."""
