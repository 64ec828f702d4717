"""The worker: a dispatcher that carries deliveries step by step, and a guardian over workers that have died."""
