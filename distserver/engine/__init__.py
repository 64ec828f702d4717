"""The durable engine behind one small interface, and the worker that carries batches of deliveries."""
