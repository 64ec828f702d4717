"""What a client program keeps and shows on its own machine: settings, token, a screen on loopback.

It stands in `distwire` because two clients share it, which never import each other (decision 34).
"""
