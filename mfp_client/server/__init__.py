"""The device's way to its distribution server: asked in the names of its users, and remembered for when it is away."""
