"""Jobs and deliveries: the only code that changes a state, and what may be asked of them."""
